//! A figure as PNG, from its SVG, with the font that is shipped.

use std::sync::Arc;

use ground::{Error, Result};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::Database;
use resvg::usvg::{Options, Tree};

/// DejaVu Sans, with its licence beside it.
const FONT: &[u8] = include_bytes!("../../assets/DejaVuSans.ttf");

/// Pixels a unit of the canvas: sharp on paper and on dense screens.
const SCALE: f32 = 2.0;

fn broken(what: &str) -> Error {
    Error::bug(format!("a picture cannot be drawn: {what}"))
}

/// The picture as a tree of shapes.
pub(super) fn tree(svg: &str) -> Result<Tree> {
    let mut fonts = Database::new();
    fonts.load_font_data(FONT.to_vec());
    let options = Options { fontdb: Arc::new(fonts), ..Options::default() };
    Tree::from_str(svg, &options).map_err(|e| broken(&e.to_string()))
}

/// The picture as bytes of a PNG file.
pub(crate) fn png(svg: &str) -> Result<Vec<u8>> {
    let tree = tree(svg)?;
    let size = tree.size().to_int_size().scale_by(SCALE);
    let size = size.ok_or_else(|| broken("it has no size"))?;
    let mut pixels =
        Pixmap::new(size.width(), size.height()).ok_or_else(|| broken("it has no pixels"))?;
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    pixels.encode_png().map_err(|e| broken(&e.to_string()))
}
