//! A world is a value, and each machine has luck of its own: tested with nodes that gossip at random.

use super::*;

/// A node that passes on what it gets after a while by its own luck, so that a small world never comes to rest.
#[derive(Clone)]
struct Gossip {
    links: Vec<LinkId>,
    luck: Vec<u64>,
}

impl Behavior for Gossip {
    type Message = Parcel;
    type Timer = u32;
    type Note = u32;
    fn start(&mut self, ctx: &mut Ctx<'_>) {
        ctx.timer(MILLI, 0);
    }
    fn message(&mut self, _: LinkId, parcel: Parcel, ctx: &mut Ctx<'_>) {
        let after = Duration(ctx.random().below(2_000_000));
        ctx.timer(after, parcel.number);
    }
    fn refused(&mut self, _: LinkId, _: Parcel, _: &mut Ctx<'_>) {}
    fn broken(&mut self, _: LinkId, _: &mut Ctx<'_>) {}
    fn timer(&mut self, number: u32, ctx: &mut Ctx<'_>) {
        self.luck.push(ctx.random().word());
        let pick = ctx.random().below(self.links.len() as u64) as usize;
        ctx.send(self.links[pick], Parcel { number: number + 1, channel: Channel::Own });
    }
    fn crash(&mut self, _: &mut Ctx<'_>) {}
}

fn gossips(nodes: u32) -> World<Gossip> {
    let mut world = World::new(42);
    let ids: Vec<NodeId> =
        (0..nodes).map(|n| world.add(n as u64, Gossip { links: Vec::new(), luck: Vec::new() })).collect();
    // Rings of three: what is added is another ring and touches nobody.
    for ring in ids.chunks(3) {
        for i in 0..3 {
            let (a, b) = (ring[i], ring[(i + 1) % 3]);
            let link = world.join(1000 + a.0 as u64, plan(a, b, "exp(1ms)"));
            for end in [a, b] {
                world.with(end, |node, _| node.links.push(link));
            }
        }
    }
    world
}

#[test]
fn a_clone_goes_on_as_the_world_it_was_cloned_from() {
    let mut one = gossips(6);
    one.run(Instant(500_000_000), u64::MAX);
    let mut two = one.clone();
    for world in [&mut one, &mut two] {
        world.apply(&Fault::Cut { link: LinkId(1), way: Way::Forth });
        world.run(Instant(700_000_000), u64::MAX);
        world.apply(&Fault::Crash { node: NodeId(2), host: false });
        world.apply(&Fault::Heal { link: LinkId(1) });
        world.run(Instant(900_000_000), u64::MAX);
        world.apply(&Fault::Restart { node: NodeId(2) });
        world.run(Instant(1_500_000_000), u64::MAX);
    }
    assert_eq!((one.hash(), one.handled(), one.now()), (two.hash(), two.handled(), two.now()));
    assert!(one.handled() > 1000);
    let mut slices = gossips(6);
    while !slices.run(Instant(500_000_000), 7) {}
    let mut whole = gossips(6);
    whole.run(Instant(500_000_000), u64::MAX);
    assert_eq!(slices.hash(), whole.hash(), "in slices or in one go");
    whole.step();
    assert_ne!(slices.hash(), whole.hash());
}

#[test]
fn a_machine_more_changes_nobody_elses_luck() {
    let (mut few, mut many) = (gossips(3), gossips(6));
    few.run(Instant(500_000_000), u64::MAX);
    many.run(Instant(500_000_000), u64::MAX);
    for node in 0..3 {
        let luck = &few.get(NodeId(node)).luck;
        assert!(luck.len() > 50);
        assert_eq!(luck, &many.get(NodeId(node)).luck);
    }
}
