//! `sync`: a replica and its server brought together, once or for as long as one likes.

mod text;

use std::{
    rc::Rc,
    thread::sleep,
    time::{Duration, Instant},
};

use super::merged::with_sides;
use crate::{
    answer::Event,
    context::{Context, Session},
    error::CliError,
    folder::Folder,
    open::{
        OpenPlan,
        log::{Local, LogSource},
        replica::Replica,
    },
    paths::Paths,
    progress::Progress,
    sync::{Report, Way, sync},
};

/// Between two looks at the server while staying connected.
const LOOK: Duration = Duration::from_secs(1);
/// Between two looks at what other commands did in the folder.
const GLANCE: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// Send what you did in this replica and take what others did
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Nothing is overwritten: edits merge. Points that were changed apart are reported to every party
with what each side wrote, until somebody who may draft confirms them (plenary confirm) or your
party accepts them.

Exit codes: 0 nothing needs a look, 4 merged points do, 3 no connection (repeat it: what was sent
and taken stays so), 1 refused, 5 the server was restored from a backup and this replica holds
what it lost: nothing is changed until you say --resend or --anew.

--resend sends again what you wrote yourself, under your name, and what your party's layers hold,
which are opened again if need be; what others wrote their own replicas send. An edit that builds
on it waits, and goes with a later sync. --anew takes the plan as the server has it, and gives up
what an earlier --resend has not sent yet. Both keep what you had not sent, and put the old log by
in .plenary/before until you take it away.

Examples:
  plenary sync
  plenary sync --json | jq '.merged[].point'
  plenary sync --watch
  plenary sync --resend")]
pub struct Sync {
    /// Stay connected and keep the replica live, until Ctrl-C
    #[arg(long)]
    watch: bool,
    /// After the server was restored from a backup: send again what you wrote that it lost
    #[arg(long, conflicts_with_all = ["watch", "anew"])]
    resend: bool,
    /// After the server was restored from a backup: take the plan as it has it
    #[arg(long, conflicts_with = "watch")]
    anew: bool,
}

impl Sync {
    /// Runs the verb.
    pub fn run(self, context: &Context) -> Result<(), CliError> {
        let folder = Folder::required()?;
        let session = session(context, &folder)?;
        if self.watch {
            return watch(context, &folder, &session);
        }
        let way = if self.resend { Some(Way::Resend) } else { self.anew.then_some(Way::Anew) };
        let report = run(context, &folder, &session, way)?;
        told(context, &folder, &report)
    }
}

/// A replica's member at its server.
pub fn session(context: &Context, folder: &Folder) -> Result<Session, CliError> {
    let session = context.session_of(&folder.info)?;
    let member = session.member()?;
    if member.member != folder.info.member || member.conference != folder.info.conference || session.server != folder.info.server
    {
        return Err(CliError::Usage(format!(
            "this is the replica of {} on {}: name that profile with --as {}/{}",
            folder.info.member, folder.info.server, folder.info.conference, folder.info.member
        )));
    }
    Ok(session)
}

/// Syncs once; what is damaged is told.
pub fn run(context: &Context, folder: &Folder, session: &Session, way: Option<Way>) -> Result<Report, CliError> {
    folder.cipher.unlock()?;
    let mut report = sync(folder, session, way, &Progress::new(context.output.is_json()));
    context.tell_damage(folder);
    if let Ok(report) = &mut report {
        let open = OpenPlan::Replica(Box::new(Replica::open(folder.again())?));
        let local = LogSource::Replica(Rc::new(Local::of(Replica::open(folder.again())?)));
        report.merged = with_sides(&local, open.merged()?)?;
        report.paths = Paths::of(&open.outline()?);
    }
    report
}

/// Says what a sync did.
fn told(context: &Context, folder: &Folder, report: &Report) -> Result<(), CliError> {
    context.output.page(report, || text::page(folder, report))?;
    context.output.notice(report.notice.as_deref());
    if report.needs_a_look() { Err(CliError::NeedsALook) } else { Ok(()) }
}

/// Syncs again and again: when the server has moved, when somebody edits in the folder, and after a lost connection.
fn watch(context: &Context, folder: &Folder, session: &Session) -> Result<(), CliError> {
    let mut pause = LOOK;
    let mut first = true;
    loop {
        match run(context, folder, session, None) {
            Ok(report) => {
                pause = LOOK;
                if first || report.is_news() {
                    context.output.passing(&report, || text::page(folder, &report))?;
                }
                first = false;
            }
            Err(error) if error.exit_code() == 3 => {
                let seconds = pause.as_secs();
                context.output.event(&Event::Lost { message: error.to_string(), again_in_s: seconds }, || {
                    format!("{error}; trying again in {seconds} s")
                });
                sleep(pause);
                pause = (pause * 2).min(PAUSE_MAX);
                continue;
            }
            // A verb, or another sync, which ends.
            Err(error @ CliError::Busy(_)) => {
                context.output.event(&Event::Waiting { message: error.to_string() }, || format!("waiting: {error}"));
                sleep(LOOK);
                continue;
            }
            Err(error) => return Err(error),
        }
        let (begin, before) = (Instant::now(), folder.own_size());
        while begin.elapsed() < LOOK && folder.own_size() == before {
            sleep(GLANCE);
        }
    }
}
