//! The engine: delivers what is sent, when it is due, or not at all. It knows no component, no key, no pixel.
