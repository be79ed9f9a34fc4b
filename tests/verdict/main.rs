//! Two CRDTs, one verdict, over as many wrong updates as are asked for: `cargo run -p plenary-tests --bin verdict`. Prints what it came
//! to; the exit code is 1 if yrs and stock Yjs read a plan differently.

use anyhow::{Result, anyhow};
use clap::Parser;

#[derive(Parser)]
#[command(about = "Wrong updates that the gate lets in, read by yrs and by stock Yjs: one plan, to the character")]
struct Args {
    /// Wrong updates.
    #[arg(long, default_value_t = 200_000)]
    updates: usize,
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> Result<()> {
    let Args { updates, seed } = Args::parse();
    println!("{:#?}", plenary_tests::verdict::run(updates, seed).map_err(|error| anyhow!(error))?);
    Ok(())
}
