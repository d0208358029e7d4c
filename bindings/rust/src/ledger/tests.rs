use super::*;

const APART: Duration = Duration::from_secs(1);

fn ledger(count: u64) -> Ledger<u64> {
    let mut ledger = Ledger::new(7, None);
    (1..=count).for_each(|sequence| ledger.outbox.add(sequence, 100));
    ledger
}

fn ack(received: u64, settled: u64) -> proto::Acknowledgement {
    proto::Acknowledgement {
        incarnation: Some(7),
        received_through: Some(received),
        settled_through: Some(settled),
        dispositions_from: Some(1),
        credit_gradients: Some(4),
        credit_bytes: Some(1000),
        applied: Some(settled),
        ..Default::default()
    }
}

fn range(first: u64, last: u64, code: Option<Code>) -> proto::Range {
    proto::Range { first: Some(first), last: Some(last), code: code.map(Code::number) }
}

fn take(ledger: &mut Ledger<u64>, ack: &proto::Acknowledgement) -> Vec<(u64, Disposition)> {
    let (settled, _) = ledger.take(ack, false, Instant::now(), APART);
    settled.into_iter().map(|one| (one.sequence, one.disposition)).collect()
}

#[test]
fn what_is_settled_and_not_listed_was_applied() {
    let mut ledger = ledger(3);
    let mut told = ack(3, 2);
    told.dispositions.push(proto::Disposition { sequence: Some(2), disposition: Some(4), code: Some(21) });
    assert_eq!(take(&mut ledger, &told), [(1, Disposition::Applied), (2, Disposition::Refused)]);
    assert_eq!((ledger.settled, ledger.applied, ledger.refused), (2, 1, 1));
    assert_eq!(ledger.credit, Credit { gradients: 4, bytes: 1000 });
    assert_eq!(ledger.outbox.first, 3);
}

#[test]
fn old_and_foreign_acknowledgements_are_left_alone() {
    let mut ledger = ledger(3);
    take(&mut ledger, &ack(3, 2));
    assert!(take(&mut ledger, &ack(2, 2)).is_empty());
    assert!(take(&mut ledger, &proto::Acknowledgement { incarnation: Some(8), ..ack(3, 3) }).is_empty());
    assert_eq!(ledger.outbox.count(), 1);
    ledger.forget();
    assert!(take(&mut ledger, &ack(1, 1)).is_empty(), "another instance settles what it knows of");
    assert_eq!(ledger.received, 1);
}

#[test]
fn dispositions_that_are_not_told_any_more_are_counted_by_applied() {
    let mut ledger = ledger(4);
    let mut told = ack(4, 4);
    told.dispositions_from = Some(4);
    told.applied = Some(2);
    told.dispositions.push(proto::Disposition { sequence: Some(4), disposition: Some(3), code: None });
    let settled = take(&mut ledger, &told);
    assert_eq!(settled[2], (3, Disposition::Unknown));
    assert_eq!(settled[3], (4, Disposition::Skipped));
    assert_eq!((ledger.applied, ledger.refused), (2, 2));
}

#[test]
fn a_settled_sequence_that_was_never_sent_settles_nothing() {
    let mut ledger = ledger(1);
    assert_eq!(take(&mut ledger, &ack(u64::MAX, u64::MAX)).len(), 1);
    assert_eq!(ledger.outbox.next(), 2);
}

#[test]
fn what_was_turned_away_is_held_and_named() {
    let mut ledger = ledger(4);
    let mut told = ack(0, 0);
    told.missing = vec![range(1, 2, Some(Code::QueueFull)), range(3, 3, Some(Code::NotJoined))];
    let (_, calls) = ledger.take(&told, false, Instant::now(), APART);
    assert!(calls.join && !calls.closed);
    assert_eq!(ledger.outbox.due(0, ledger.credit, Instant::now()), Some(1));
    assert!(!ledger.confirm.wanted);
}

#[test]
fn a_loss_needs_two_looks_apart_without_progress_between() {
    let begin = Instant::now();
    let mut ledger = ledger(4);
    let mut told = ack(1, 1);
    told.missing = vec![range(2, 3, None)];
    let look = |ledger: &mut Ledger<u64>, told: &proto::Acknowledgement, after: Duration| {
        ledger.take(told, true, begin + after, APART);
        ledger.outbox.holds()
    };
    assert!(!look(&mut ledger, &told, Duration::ZERO));
    assert!(!look(&mut ledger, &told, APART / 2), "too early");
    told.received_through = Some(2);
    told.missing = vec![range(3, 4, None)];
    assert!(!look(&mut ledger, &told, 2 * APART), "it is coming");
    assert!(look(&mut ledger, &told, 3 * APART));
    assert_eq!(ledger.outbox.due(0, ledger.credit, begin), Some(3));
}

#[test]
fn a_bound_of_its_own_holds_within_the_credit() {
    let mut ledger: Ledger<u64> = Ledger::new(7, Some(2));
    take(&mut ledger, &ack(0, 0));
    assert_eq!(ledger.credit.gradients, 2);
}
