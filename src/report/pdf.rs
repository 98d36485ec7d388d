//! A figure as PDF, from the shapes of its SVG: one page, text as outlines, so that no font is needed.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use ground::{Error, Result};
use pdf_writer::types::{LineCapStyle, LineJoinStyle};
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref};
use resvg::tiny_skia::{PathSegment, Point, Transform};
use resvg::usvg::{Group, LineCap, LineJoin, Node, Paint, Path};

use super::png::tree;

/// The objects of the file.
const CATALOG: Ref = Ref::new(1);
const PAGES: Ref = Ref::new(2);
const PAGE: Ref = Ref::new(3);
const CONTENT: Ref = Ref::new(4);
/// Those of opacities follow.
const FIRST: i32 = 5;

/// The picture as bytes of a PDF file.
pub(crate) fn pdf(svg: &str) -> Result<Vec<u8>> {
    let tree = tree(svg)?;
    let (width, height) = (tree.size().width(), tree.size().height());
    let mut drawing = Drawing { content: Content::new(), opacities: Vec::new() };
    // A page of PDF begins below.
    drawing.content.transform([1.0, 0.0, 0.0, -1.0, 0.0, height]);
    drawing.group(tree.root());
    let Drawing { content, opacities } = drawing;
    let mut file = Pdf::new();
    file.catalog(CATALOG).pages(PAGES);
    file.pages(PAGES).kids([PAGE]).count(1);
    let mut page = file.page(PAGE);
    page.media_box(Rect::new(0.0, 0.0, width, height)).parent(PAGES).contents(CONTENT);
    let mut resources = page.resources();
    let mut states = resources.ext_g_states();
    for (k, _) in opacities.iter().enumerate() {
        states.pair(Name(name(k).as_bytes()), object(k));
    }
    states.finish();
    resources.finish();
    page.finish();
    for (k, [fill, stroke]) in opacities.iter().enumerate() {
        file.ext_graphics(object(k)).non_stroking_alpha(*fill).stroking_alpha(*stroke);
    }
    let packed = packed(&content.finish())
        .map_err(|e| Error::bug(format!("a picture cannot be packed: {e}")))?;
    file.stream(CONTENT, &packed).filter(Filter::FlateDecode);
    Ok(file.finish())
}

fn packed(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut packer = ZlibEncoder::new(Vec::new(), Compression::default());
    packer.write_all(bytes)?;
    packer.finish()
}

/// The object of an opacity, and its name in the page.
fn object(k: usize) -> Ref {
    Ref::new(FIRST.saturating_add(i32::try_from(k).unwrap_or(i32::MAX)))
}

fn name(k: usize) -> String {
    format!("o{k}")
}

/// A page while it is drawn.
struct Drawing {
    content: Content,
    /// Opacities of areas and of lines.
    opacities: Vec<[f32; 2]>,
}

impl Drawing {
    fn group(&mut self, group: &Group) {
        for node in group.children() {
            match node {
                Node::Group(inner) => self.group(inner),
                Node::Path(path) => self.path(path),
                Node::Text(text) => self.group(text.flattened()),
                Node::Image(_) => {}
            }
        }
    }

    fn path(&mut self, path: &Path) {
        let fill = path.fill().and_then(|fill| Some((rgb(fill.paint())?, fill.opacity().get())));
        let stroke = path.stroke().and_then(|line| Some((rgb(line.paint())?, line)));
        if !path.is_visible() || (fill.is_none() && stroke.is_none()) {
            return;
        }
        let alpha = [
            fill.map_or(1.0, |(_, opacity)| opacity),
            stroke.map_or(1.0, |(_, line)| line.opacity().get()),
        ];
        self.content.save_state();
        let known = self.opacities.iter().position(|other| *other == alpha);
        let k = known.unwrap_or_else(|| {
            self.opacities.push(alpha);
            self.opacities.len() - 1
        });
        self.content.set_parameters(Name(name(k).as_bytes()));
        if let Some(([r, g, b], _)) = fill {
            self.content.set_fill_rgb(r, g, b);
        }
        if let Some(([r, g, b], line)) = stroke {
            self.content.set_stroke_rgb(r, g, b).set_line_width(line.width().get());
            if let Some(dashes) = line.dasharray() {
                self.content.set_dash_pattern(dashes.iter().copied(), line.dashoffset());
            }
            self.content.set_line_join(match line.linejoin() {
                LineJoin::Round => LineJoinStyle::RoundJoin,
                LineJoin::Bevel => LineJoinStyle::BevelJoin,
                LineJoin::Miter | LineJoin::MiterClip => LineJoinStyle::MiterJoin,
            });
            self.content.set_line_cap(match line.linecap() {
                LineCap::Butt => LineCapStyle::ButtCap,
                LineCap::Round => LineCapStyle::RoundCap,
                LineCap::Square => LineCapStyle::ProjectingSquareCap,
            });
        }
        self.outline(path);
        match (fill, stroke) {
            (Some(_), Some(_)) => self.content.fill_nonzero_and_stroke(),
            (Some(_), None) => self.content.fill_nonzero(),
            _ => self.content.stroke(),
        };
        self.content.restore_state();
    }

    fn outline(&mut self, path: &Path) {
        let by = path.abs_transform();
        let mut last = Point::zero();
        for segment in path.data().segments() {
            match segment {
                PathSegment::MoveTo(p) => {
                    let [x, y] = at(by, p);
                    self.content.move_to(x, y);
                    last = p;
                }
                PathSegment::LineTo(p) => {
                    let [x, y] = at(by, p);
                    self.content.line_to(x, y);
                    last = p;
                }
                PathSegment::QuadTo(c, p) => {
                    // The same curve as one of third order.
                    let between = |a: Point| {
                        Point::from_xy(a.x + 2.0 / 3.0 * (c.x - a.x), a.y + 2.0 / 3.0 * (c.y - a.y))
                    };
                    self.curve(by, [between(last), between(p), p]);
                    last = p;
                }
                PathSegment::CubicTo(a, b, p) => {
                    self.curve(by, [a, b, p]);
                    last = p;
                }
                PathSegment::Close => {
                    self.content.close_path();
                }
            }
        }
    }

    fn curve(&mut self, by: Transform, points: [Point; 3]) {
        let [[a, b], [c, d], [x, y]] = points.map(|p| at(by, p));
        self.content.cubic_to(a, b, c, d, x, y);
    }
}

fn at(by: Transform, mut point: Point) -> [f32; 2] {
    by.map_point(&mut point);
    [point.x, point.y]
}

/// A colour from 0 to 1; figures have no gradients.
fn rgb(paint: &Paint) -> Option<[f32; 3]> {
    match paint {
        Paint::Color(colour) => {
            Some([colour.red, colour.green, colour.blue].map(|part| f32::from(part) / 255.0))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_one_page_with_its_shapes() {
        let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"100\" height=\"50\">\
                   <rect width=\"10\" height=\"10\" fill=\"#ff0000\" fill-opacity=\"0.5\"/>\
                   <path d=\"M0 0L10 10\" stroke=\"#0000ff\"/><text x=\"5\" y=\"20\">m</text></svg>";
        let bytes = pdf(svg).unwrap();
        assert!(bytes.starts_with(b"%PDF-"));
        let text = String::from_utf8_lossy(&bytes);
        assert!(text.contains("/MediaBox [0 0 100 50]") && text.contains("/ca 0.5"), "{text}");
        let tree = tree(svg).unwrap();
        let mut drawing = Drawing { content: Content::new(), opacities: Vec::new() };
        drawing.group(tree.root());
        let content = drawing.content.finish();
        let content = String::from_utf8_lossy(&content);
        // A red rectangle is filled, a blue line drawn, a letter filled by its curves.
        for part in ["1 0 0 rg", "0 0 1 RG", "10 10 l", "\nB\n", "\nf\n"] {
            assert!(content.contains(part), "{part:?} is not in {content}");
        }
    }
}
