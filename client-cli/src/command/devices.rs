//! `devices`: where one has joined.

use plenary_shared::{seats::Key, wire::api::Device};

use crate::{
    answer::{DeviceEnded, Devices},
    context::Context,
    error::CliError,
    when,
};

/// List the devices on which your seat was taken, or end one of them
#[derive(Debug, clap::Args)]
#[command(
    name = "devices",
    after_help = "\
A device is a token that you were given: by an invitation, or by a recovery code. A lost one is
ended from any other.

Examples:
  plenary devices
  plenary devices --end 1"
)]
pub struct DevicesVerb {
    /// End this one: its token and its open sessions
    #[arg(long, value_name = "NUMBER")]
    end: Option<u32>,
}

impl DevicesVerb {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let session = context.session()?;
        if let Some(device) = self.end {
            session.api.delete(&format!("/api/devices/{device}"))?;
            return context.output.result(&DeviceEnded { ended: device }, || {
                format!("ended device {device}; the recovery code that was told last still takes this seat: keep it where nobody else finds it")
            });
        }
        let devices: Vec<Device> = session.api.get("/api/devices")?;
        context.output.result(&Devices { devices: &devices }, || devices.iter().map(line).collect::<Vec<_>>().join("\n"))
    }
}

fn line(device: &Device) -> String {
    let with = match device.with {
        Key::Invitation => "invitation",
        Key::Recovery => "recovery code",
    };
    let this = if device.this { ", this one" } else { "" };
    format!(
        "{}  since {}, by {with}, until {}{this}",
        device.device,
        when::local(device.since_ms),
        when::local(device.expires_ms)
    )
}
