//! A file system on a loop device, which can be shut down as if the power went: what it had not written out is gone.

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// 3 GiB, of which only what is written takes room.
const DISK_BYTES: u64 = 3 << 30;

/// The kinds that can be shut down.
#[derive(Clone, Copy, ValueEnum)]
pub enum FileSystem {
    Ext4,
    Xfs,
}

/// A file system of our own, mounted.
pub struct Disk {
    dir: TempDir,
}

impl Disk {
    /// Makes and mounts one.
    pub fn new(kind: FileSystem) -> Result<Self> {
        let disk = Disk { dir: TempDir::new()? };
        File::create(disk.image())?.set_len(DISK_BYTES)?;
        fs::create_dir(disk.mounted())?;
        match kind {
            FileSystem::Ext4 => run("mkfs.ext4", &["-q", "-F"], &[&disk.image()]),
            FileSystem::Xfs => run("mkfs.xfs", &["-q"], &[&disk.image()]),
        }?;
        disk.mount()?;
        Ok(disk)
    }

    /// Where it is mounted.
    pub fn mounted(&self) -> PathBuf {
        self.dir.path().join("mounted")
    }

    fn image(&self) -> PathBuf {
        self.dir.path().join("image")
    }

    /// Writes out all that it holds.
    pub fn settle(&self) -> Result<()> {
        run("sync", &["-f"], &[&self.mounted()])
    }

    /// Cuts the power: nothing is written from here on, and what the file system's own journal had not written is forgotten.
    pub fn cut(&self) -> Result<()> {
        run("xfs_io", &["-x", "-c", "shutdown"], &[&self.mounted()])
    }

    /// Takes it away and mounts it again, as the system does when the power is back.
    pub fn again(&mut self) -> Result<()> {
        run("umount", &[], &[&self.mounted()])?;
        self.mount()
    }

    fn mount(&self) -> Result<()> {
        run("mount", &["-o", "loop"], &[&self.image(), &self.mounted()])
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = run("umount", &["-l"], &[&self.mounted()]);
    }
}

fn run(program: &str, flags: &[&str], paths: &[&Path]) -> Result<()> {
    let output = Command::new(program).args(flags).args(paths).output().with_context(|| format!("{program} is needed"))?;
    ensure!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(())
}
