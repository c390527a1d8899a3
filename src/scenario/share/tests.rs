//! Boards into links and back; links of every evil sort in, errors out. It may know no parameter of a machine by name.

use super::*;
use crate::components::Wire;
use crate::scenario::{Link, arbitrary, notation};
use proptest::prelude::*;

#[test]
fn every_document_comes_back_from_its_link() {
    for number in 0..100 {
        let document = arbitrary::document(number);
        let at = (number % 2 == 0).then_some(Instant(number * 1_234_567_891));
        let link = write(&document, at).unwrap();
        assert!(link.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_&=.".contains(&b)), "{link}");
        assert_eq!(read(&format!("#{link}")), Ok(Shared { document, at }));
    }
}

/// Fifty machines, each with settings, a place and lines, as a large board has them.
fn fifty() -> Document {
    let mut document = arbitrary::board(50);
    let names: Vec<String> = document.machines.iter().map(|m| m.name.clone()).collect();
    for pair in names.windows(2) {
        document.links.push(Link::new(&pair[0], Wire::Calls, &pair[1]));
    }
    document
}

#[test]
fn fifty_machines_fit_into_two_kilobytes() {
    let link = write(&fifty(), Some(Instant(6_200_000_000))).unwrap();
    assert!(link.len() < 2048, "{} characters", link.len());
    assert!(link.ends_with("&t=6.2s"));
}

#[test]
fn a_bomb_is_defused() {
    let bomb = miniz_oxide::deflate::compress_to_vec(&vec![b'['; 64 << 20], 6);
    let link = format!("b1{}", URL_SAFE_NO_PAD.encode(&bomb));
    assert_eq!(read(&link), Err(ShareError::Damaged));
    let deep = format!("{{\"tradeoff\":1,\"machines\":{}", "[".repeat(UNFOLDED - 50));
    let link =
        format!("b1{}", URL_SAFE_NO_PAD.encode(miniz_oxide::deflate::compress_to_vec(deep.as_bytes(), 6)));
    assert!(matches!(read(&link), Err(ShareError::Board(_))));
}

#[test]
fn what_is_no_link_is_told() {
    assert_eq!(read(""), Err(ShareError::NoBoard));
    assert_eq!(read("lesson=5"), Err(ShareError::NoBoard));
    assert_eq!(read("b2xyz"), Err(ShareError::Newer));
    assert_eq!(read("b1!!!"), Err(ShareError::Damaged));
    assert_eq!(read(&"b1".repeat(60_000)), Err(ShareError::TooLarge));
    let link = write(&notation::parse("users u").unwrap(), None).unwrap();
    assert_eq!(read(&format!("{link}&t=soon")), Err(ShareError::Instant("soon".into())));
    for end in 0..link.len() {
        assert!(read(&link[..end]).is_err(), "{end}");
    }
}

#[test]
fn a_board_too_large_for_a_link_is_refused() {
    let mut document = notation::parse("users u").unwrap();
    document.files.insert("a.log".into(), "x".repeat(2 << 20).into());
    assert_eq!(write(&document, None), Err(ShareError::TooLarge));
}

fn pack(json: &[u8]) -> String {
    format!("b1{}", URL_SAFE_NO_PAD.encode(miniz_oxide::deflate::compress_to_vec(json, 3)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_link_makes_it_panic(text in ".{0,200}", bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&text);
        let _ = read(&format!("b1{text}"));
        let _ = read(&format!("b1{}", URL_SAFE_NO_PAD.encode(&bytes)));
        let _ = read(&pack(&bytes));
        let _ = read(&pack(text.as_bytes()));
        let _ = version::read(&text);
        let _ = notation::parse(&text);
    }

    #[test]
    fn no_changed_board_makes_it_panic(number in 0u64..200, at in any::<proptest::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let document = arbitrary::document(number);
        for text in [version::write(&document), notation::write(&document)] {
            let mut bytes = text.into_bytes();
            let at = at.index(bytes.len());
            if cut { bytes.truncate(at) } else { bytes[at] = byte }
            let text = String::from_utf8_lossy(&bytes);
            let _ = version::read(&text);
            let _ = read(&pack(text.as_bytes()));
            if let Ok(document) = notation::parse(&text) {
                prop_assert_eq!(notation::parse(&notation::write(&document)), Ok(document));
            }
        }
    }

    #[test]
    fn no_number_makes_it_panic(seed in "-?[0-9]{1,400}(\\.[0-9]{1,40})?([eE][+-]?[0-9]{1,9})?", x in any::<f64>()) {
        for value in [seed.clone(), format!("{x}"), "NaN".into(), "1e400".into(), "-0".into()] {
            let json = format!(
                "{{\"tradeoff\":1,\"seed\":{value},\"machines\":[{{\"name\":\"a\",\"component\":\"users\",\"at\":[{value},0]}}],\
                 \"links\":[{{\"from\":\"a\",\"to\":\"a\",\"settings\":{{\"loss\":{value},\"latency\":\"{value}s\"}}}}]}}"
            );
            let _ = version::read(&json);
            let _ = notation::parse(&format!("seed {value}\nuntil {value}s\nusers a @{value},0\na -> a loss={value} latency={value}s\nat {value}s slow a x{value}"));
        }
    }
}
