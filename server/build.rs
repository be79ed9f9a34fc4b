//! Embeds the page: all that it loads of `web`, as it stands there and compressed, below a path that holds the digest of all of it.

use std::{
    env,
    fmt::Write as _,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

/// What of `web` the page loads; what else stands there makes `vendor.js`.
const LOADED: [&str; 8] = ["app.js", "desk.js", "vendor.js", "model", "net", "style", "view", "words"];
/// The best that brotli does: the page is compressed once and sent often.
const BROTLI_QUALITY: u32 = 11;
/// 4 MiB: the largest window that all browsers take.
const BROTLI_WINDOW_BITS: u32 = 22;

fn main() -> io::Result<()> {
    let web = PathBuf::from(env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?).join("web");
    let out = PathBuf::from(env::var("OUT_DIR").map_err(io::Error::other)?);
    let mut files = Vec::new();
    for name in LOADED {
        println!("cargo:rerun-if-changed=web/{name}");
        gather(&web, &web.join(name), &mut files)?;
    }
    println!("cargo:rerun-if-changed=web/index.html");
    files.sort();
    let index = fs::read_to_string(web.join("index.html"))?;
    let digest = digest(&files, &index);
    let index = index.replace("<!-- modules -->\n", &preloads(&files)).replace("{digest}", &digest);

    let mut table = format!("/// Of all that the page loads.\npub(super) const DIGEST: &str = {digest:?};\n");
    writeln!(table, "pub(super) static INDEX: Asset = {};", embedded(&out, "index.html", index.as_bytes())?)
        .map_err(io::Error::other)?;
    table.push_str("pub(super) static ASSETS: &[(&str, Asset)] = &[\n");
    for (path, bytes) in &files {
        writeln!(table, "    ({path:?}, {}),", embedded(&out, path, bytes)?).map_err(io::Error::other)?;
    }
    table.push_str("];\n");
    fs::write(out.join("page.rs"), table)
}

/// All files at and below `path`, by their path from `web` on.
fn gather(web: &Path, path: &Path, files: &mut Vec<(String, Vec<u8>)>) -> io::Result<()> {
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            gather(web, &entry?.path(), files)?;
        }
        return Ok(());
    }
    let name =
        path.strip_prefix(web).map_err(io::Error::other)?.to_str().ok_or_else(|| io::Error::other("a path of no letters"))?;
    files.push((name.to_owned(), fs::read(path)?));
    Ok(())
}

fn digest(files: &[(String, Vec<u8>)], index: &str) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(index.as_bytes());
    for (path, bytes) in files {
        for part in [path.as_bytes(), bytes] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

/// A browser learns of a module from the one that imports it, one after the other: here it is told of all at once.
fn preloads(files: &[(String, Vec<u8>)]) -> String {
    let modules = files.iter().filter(|(path, _)| path.ends_with(".js") && path != "app.js");
    modules.map(|(path, _)| format!("<link rel=\"modulepreload\" href=\"/page/{{digest}}/{path}\">\n")).collect()
}

/// Writes the three forms of a file, and answers what embeds them.
fn embedded(out: &Path, path: &str, plain: &[u8]) -> io::Result<String> {
    let name = path.replace('/', "-");
    let mut brotli = Vec::new();
    brotli::CompressorWriter::new(&mut brotli, 4096, BROTLI_QUALITY, BROTLI_WINDOW_BITS).write_all(plain)?;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(plain)?;
    let kind = match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json") => "application/json",
        _ => return Err(io::Error::other(format!("web/{path}: say here what kind of file it is"))),
    };
    let mut asset = format!("Asset {{ kind: {kind:?}");
    for (form, ending, bytes) in [("plain", "", plain), ("brotli", ".br", &brotli), ("gzip", ".gz", &gzip.finish()?)] {
        fs::write(out.join(format!("{name}{ending}")), bytes)?;
        write!(asset, ", {form}: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}{ending}\"))").map_err(io::Error::other)?;
    }
    Ok(asset + " }")
}
