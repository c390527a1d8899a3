//! What is drawn, as numbers: the pixels of moving dots, the paths and labels of charts, the places of a proof. It may
//! know times and plain numbers only; it knows neither the run that they come from nor the page that shows them.

pub mod chart;
pub mod raster;
pub mod scale;
