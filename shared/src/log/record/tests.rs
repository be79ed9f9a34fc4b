use super::*;

fn record(n: u8) -> Record {
    let author = Author { party: "arv".parse().unwrap(), member: "arv-1".parse().unwrap() };
    let at = Moment { at_ms: 1_700_000_000_000 + u64::from(n), clock_corrected: false };
    Provenance::live(author, Right::Draft).record(u64::from(n) - 1, at, vec![n; 40].into())
}

fn genesis(doc: &str) -> Digest {
    Digest::genesis(&doc.parse().unwrap())
}

#[test]
fn a_chain_reads_back_and_any_flipped_bit_breaks_it() {
    let start = genesis("talks/plan");
    let (first, end) = seal(&start, &record(1));
    let (second, _) = seal(&end, &record(2));
    assert_eq!(open(&start, &first).unwrap(), (record(1), end));
    assert_eq!(open(&end, &second).unwrap().0, record(2));
    assert_eq!(open(&start, &second), Err(RecordError::Broken), "a record does not stand elsewhere in the log");
    for bit in 0..second.len() * 8 {
        let mut flipped = second.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(open(&end, &flipped.into()).is_err(), "bit {bit}");
    }
    for length in 0..second.len() {
        assert!(open(&end, &second.slice(..length)).is_err(), "torn at {length}");
    }
}

#[test]
fn no_log_passes_for_another_documents() {
    let (sealed, _) = seal(&genesis("talks/plan"), &record(1));
    assert_eq!(open(&genesis("talks/other"), &sealed), Err(RecordError::Broken));
    assert_eq!(open(&genesis("talks/plan/arv/private"), &sealed), Err(RecordError::Broken));
    assert_eq!(open(&Digest::genesis(&DocAddress::Registry), &sealed), Err(RecordError::Broken));
}

#[test]
fn a_record_of_a_later_version_is_named() {
    let start = genesis("talks/plan");
    let (sealed, _) = seal(&start, &record(1));
    let mut later = sealed.to_vec();
    later[DIGEST_BYTES] = VERSION + 1;
    let digest = chain(&start, &later[DIGEST_BYTES..]);
    later[..DIGEST_BYTES].copy_from_slice(digest.as_bytes());
    assert_eq!(open(&start, &later.into()), Err(RecordError::Version(VERSION + 1)));
}

#[test]
fn the_time_of_a_log_never_goes_back() {
    let corrected = |last, now| Moment::after(last, now);
    assert_eq!(corrected(0, 5), Moment { at_ms: 5, clock_corrected: false });
    assert_eq!(corrected(60_005, 5), Moment { at_ms: 60_005, clock_corrected: false }, "a minute is nothing");
    assert_eq!(corrected(60_006, 5), Moment { at_ms: 60_006, clock_corrected: true });
}

#[test]
fn digests_and_branches_read_back_in_both_forms() {
    let digest = genesis("talks/plan");
    assert_eq!(digest.to_string().parse(), Ok(digest));
    assert_eq!(serde_json::from_str::<Digest>(&serde_json::to_string(&digest).unwrap()).unwrap(), digest);
    assert!("00".parse::<Digest>().is_err());
    let branch = Branch([1, 2, 3, 4, 5, 6, 7, 255]);
    let json = serde_json::to_string(&branch).unwrap();
    assert_eq!(json, r#""01020304050607ff""#);
    assert_eq!(serde_json::from_str::<Branch>(&json).unwrap(), branch);
    assert!(serde_json::from_str::<Branch>(r#""+1020304050607ff""#).is_err());
}

#[test]
fn only_what_changes_the_document_brings_an_update_to_it() {
    let of = |kind, update: &'static [u8]| Record { kind, update: Bytes::from_static(update), ..record(1) };
    assert!(
        of(RecordKind::Edit, b"update").change().is_some()
            && of(RecordKind::Bracketing(Bracketing { of: vec![1], ..Default::default() }), b"update").change().is_some()
    );
    for other in [
        of(RecordKind::Edit, b""),
        of(RecordKind::Bracketing(Bracketing { of: vec![1], ..Default::default() }), b""),
        of(RecordKind::Confirmation { points: Vec::new() }, b""),
        of(RecordKind::Act, b"told"),
    ] {
        assert_eq!(other.change(), None, "{other:?}");
    }
}
