use super::*;
use crate::sample::Sample;

#[test]
fn layers_say_what_later_ones_hide() {
    let image = Sample::new()
        .hidden(0, "app/old", "12345")
        .hidden(0, "app/kept", "123")
        .hidden(0, "cache/list", "1234567")
        .hidden(1, "app/old", "1")
        .hidden(2, "cache", "")
        .entry(2, |entry| entry.kind = constrict_oci::layer::Kind::Whiteout)
        .made_by(1, "RUN touch /app/old")
        .file("app/old", "1")
        .layer("app/old", 1)
        .file("app/kept", "123")
        .image();
    let facts = Facts::new(&image);
    let survey = Survey::of(&facts);
    let pushed = [7, 8, 9].map(|size| Pushed {
        diff_id: format!("sha256:{size}"),
        compressed: Some(size),
    });
    let size = size(&facts, &survey, &pushed);
    assert_eq!(
        size.total,
        Total {
            unpacked: 16,
            visible: 4,
            compressed: Some(24)
        }
    );
    let lost = |path: &str, bytes, loss, by| Lost {
        path: path.into(),
        bytes,
        layer: 0,
        loss,
        by,
    };
    assert_eq!(
        size.lost,
        [
            lost("/cache/list", 7, Loss::Deleted, 2),
            lost("/app/old", 5, Loss::Overwritten, 1)
        ]
    );
    let layers: Vec<_> = size
        .layers
        .iter()
        .map(|layer| (layer.unpacked, layer.files, layer.hidden))
        .collect();
    assert_eq!(layers, [(15, 3, 12), (1, 1, 0), (0, 0, 0)]);
    assert_eq!(size.layers[1].step, "RUN touch /app/old");
    assert_eq!(size.unowned, Amount { bytes: 4, files: 2 });
    let kinds: Vec<_> = size.kinds.iter().map(|size| size.amount.bytes).collect();
    assert_eq!(kinds, [0, 0, 0, 0, 4, 0, 0]);
}

#[test]
fn equal_layers_and_links_in_place_of_directories_hide_too() {
    let image = Sample::new()
        .hidden(0, "a", "12345")
        .hidden(1, "d", "")
        .entry(1, |entry| {
            entry.kind = constrict_oci::layer::Kind::Directory
        })
        .hidden(1, "d/x", "123")
        .hidden(2, "d", "")
        .entry(2, |entry| {
            entry.kind = constrict_oci::layer::Kind::Symlink {
                target: b"e".to_vec(),
            };
        })
        .hidden(3, "a", "12345")
        // as if the layers 0 and 3 were one
        .file("a", "12345")
        .link("d", "e")
        .image();
    let facts = Facts::new(&image);
    let lost: Vec<_> = size(&facts, &Survey::of(&facts), &[])
        .lost
        .into_iter()
        .map(|lost| (lost.path, lost.bytes, lost.layer, lost.loss, lost.by))
        .collect();
    assert_eq!(
        lost,
        [
            ("/a".to_string(), 5, 0, Loss::Overwritten, 3),
            ("/d/x".to_string(), 3, 1, Loss::Deleted, 2),
        ]
    );
}

#[test]
fn bytes_belong_to_packages() {
    let image = Sample::new()
        .file(
            "var/lib/dpkg/status",
            "Package: x\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n",
        )
        .file("var/lib/dpkg/info/x.list", "/.\n/usr/share/x\n")
        .file("usr/share/x", "1234567890")
        .image();
    let facts = Facts::new(&image);
    let size = size(&facts, &Survey::of(&facts), &[]);
    assert_eq!(
        size.packages,
        [PackageSize {
            ecosystem: "deb".into(),
            name: "x".into(),
            version: "1".into(),
            amount: Amount {
                bytes: 10,
                files: 1
            }
        }]
    );
    assert_eq!(size.total.compressed, None);
}

#[test]
fn the_tree_is_nested_arrays() {
    let image = Sample::new()
        .file("a/b/x.py", "12")
        .file("a-b", "1")
        .file("a/y.pyc", "123")
        .directory("empty", 0o755)
        .image();
    let facts = Facts::new(&image);
    assert_eq!(
        Tree::of(&Survey::of(&facts)).0.to_string(),
        r#"["",[["a-b",1,4,-1],["a",[["b",[["x.py",2,2,-1]]],["y.pyc",3,1,-1]]]]]"#
    );
}
