//! A figure as PDF, from its SVG, with the font that is shipped: text can be searched.

use ground::{Error, Result};
use krilla::Document;
use krilla::geom::Size;
use krilla::page::PageSettings;
use krilla_svg::{SurfaceExt, SvgSettings};

use super::png::tree;

/// The picture as bytes of a PDF file of one page.
pub(crate) fn pdf(svg: &str) -> Result<Vec<u8>> {
    let broken = |what: String| Error::bug(format!("a picture cannot be written as PDF: {what}"));
    let tree = tree(svg)?;
    let (width, height) = (tree.size().width(), tree.size().height());
    let size = Size::from_wh(width, height).ok_or_else(|| broken("it has no size".to_owned()))?;
    let settings =
        PageSettings::from_wh(width, height).ok_or_else(|| broken("it has no page".to_owned()))?;
    let mut document = Document::new();
    let mut page = document.start_page_with(settings);
    let mut surface = page.surface();
    let drawn = surface.draw_svg(&tree, size, SvgSettings::default());
    surface.finish();
    page.finish();
    drawn.ok_or_else(|| broken("it cannot be drawn".to_owned()))?;
    document.finish().map_err(|e| broken(format!("{e:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_one_page() {
        let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"100\" height=\"50\">\
                   <rect width=\"10\" height=\"10\"/><text x=\"5\" y=\"20\">m</text></svg>";
        let bytes = pdf(svg).unwrap();
        assert!(bytes.starts_with(b"%PDF-") && bytes.len() > 500);
    }
}
