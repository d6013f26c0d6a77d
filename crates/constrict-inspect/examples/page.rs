//! Writes the page of a comparison that is already made: `page COMPARISON.json TREES.json > page.html`. The tier `page` of
//! the acceptance run uses it, to show what no image at hand would.

use std::error::Error;
use std::io::Write;

fn main() -> Result<(), Box<dyn Error>> {
    let mut paths = std::env::args_os().skip(1);
    let mut next = || -> Result<String, Box<dyn Error>> {
        let path = paths
            .next()
            .ok_or("usage: page COMPARISON.json TREES.json")?;
        Ok(std::fs::read_to_string(path)?)
    };
    let (comparison, trees) = (next()?, next()?);
    let page = constrict_inspect::page::page(&comparison, &trees);
    std::io::stdout().write_all(page.as_bytes())?;
    Ok(())
}
