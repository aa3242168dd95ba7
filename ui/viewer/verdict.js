// The verdict of all detectors together, in words and numbers.

function showVerdict() {
  const { verdict, title, sub } = describeVerdict();
  root.dataset.state = header().state;
  root.dataset.verdict = verdict;
  setText(part('title'), title);
  setText(part('sub'), sub);
  setText(part('note'), header().note || '');
  part('facts').replaceChildren(...verdictFacts().map(factElement));
  for (const panel of panels) {
    panel.jump.dataset.verdict = panel.element.dataset.verdict;
    panel.jump.dataset.state = panel.element.dataset.state;
  }
}

// A live region is read aloud on every change: it changes only when its words do.
function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

function describeVerdict() {
  const waited = describeWaiting();
  if (waited) return waited;
  const { state, error, unfamiliar } = header();
  if (state === 'error') return { verdict: 'error', title: error.title, sub: `${error.problem} ${error.fix}` };
  if (state === 'unfamiliar') return describeUnfamiliar(unfamiliar);
  if (state === 'empty') return { verdict: 'empty', title: TEXTS.emptyTitle, sub: TEXTS.emptySub };
  const answered = donePanels();
  if (isBusy()) {
    const done = answered.length + namedPanels().length;
    const count = { done, total: done + pendingPanels().length };
    return { verdict: 'running', title: TEXTS.runningTitle, sub: fillText(TEXTS.runningSub, count) };
  }
  if (answered.length === 0 && namedPanels().length > 0) return describeNamed(namedPanels());
  if (answered.length === 0) return { verdict: 'silent', title: TEXTS.silentTitle, sub: TEXTS.silentSub };
  return describeAnswers(answered);
}

// The joint verdict; where there is none, what all detectors agree on.
function describeAnswers(answered) {
  const flagging = answered.filter((panel) => panel.judged.isFlagged);
  const isSilent = (panel) => !panel.result && !UNASKED_STATES.includes(panel.element.dataset.state);
  const silent = panels.filter(isSilent);
  const listTitles = (some) => joinNames(some.map((panel) => panel.text.title));
  const untrained = silent.filter((panel) => panel.element.dataset.state === 'missing');
  const failed = silent.filter((panel) => !untrained.includes(panel));
  const parts = [answered.length > 1 ? describeVotes(answered, flagging) : describeAgreement(answered, flagging)];
  if (untrained.length > 0) parts.push(fillText(TEXTS.notTrained, { names: listTitles(untrained) }));
  if (failed.length > 0) parts.push(fillText(TEXTS.didNotAnswer, { names: listTitles(failed) }));
  const votes = parts.join(' ');
  const sub = answered.length > 1 ? `${describeTogether()} ${votes}` : votes;
  const { truth } = header();
  if (joint ? joint.isFlagged : flagging.length === answered.length) {
    if (truth === 'good') return { verdict: 'alarm', title: TEXTS.alarmTitle, sub: `${TEXTS.alarmSub} ${votes}` };
    return { verdict: 'defect', title: TEXTS.defectTitle, sub };
  }
  if (joint || flagging.length === 0) {
    const words = `${fillText(TEXTS.missedSub, { truth })} ${votes}`;
    const missed = { verdict: 'missed', title: TEXTS.missedTitle, sub: words };
    return truth && truth !== 'good' ? missed : { verdict: 'normal', title: TEXTS.goodTitle, sub };
  }
  return { verdict: 'mixed', title: TEXTS.mixedTitle, sub: `${sub} ${TEXTS.lookClosely}` };
}

function describeTogether() {
  if (!joint) return TEXTS.noJoint;
  return fillText(TEXTS.standsOut, { where: describeStanding(standOf(joint.calibration, joint.score)) });
}

// Who flags, with a word where that is not what the joint verdict says.
function describeVotes(answered, flagging) {
  if (joint && !joint.isFlagged && flagging.length > 0) {
    const names = joinNames(flagging.map((panel) => panel.text.title));
    return fillText(TEXTS.though, { names, verb: flagging.length === 1 ? TEXTS.flagsOne : TEXTS.flagsMany });
  }
  const outlined = answered.find((panel) => panel.isForJoint);
  if (outlined) return fillText(TEXTS.outlined, { name: outlined.text.title });
  return describeAgreement(answered, flagging);
}

function describeAgreement(answered, flagging) {
  const n = answered.length;
  const names = joinNames((n === 1 ? answered : flagging).map((panel) => panel.text.title));
  const verb = flagging.length === 1 ? TEXTS.flagsOne : TEXTS.flagsMany;
  if (n === 1) return fillText(flagging.length > 0 ? TEXTS.oneFlags : TEXTS.oneDoesNot, { names });
  if (flagging.length === 0) return fillText(n === 2 ? TEXTS.neitherFlags : TEXTS.noneFlags, { n });
  if (flagging.length === n) return fillText(n === 2 ? TEXTS.bothFlag : TEXTS.allFlag, { n });
  return fillText(TEXTS.someFlag, { names, verb });
}

function verdictFacts() {
  const { truth } = header();
  const answered = isBusy() ? [] : donePanels();
  const facts = [];
  if (truth && shown.picture && !isWaiting()) {
    const value = truth === 'good' ? TEXTS.goodPart : truth;
    facts.push({ label: TEXTS.sampleIs, value, help: TEXTS.sampleHelp, kind: 'dl-truth' });
  }
  if (header().state === 'unfamiliar' || root.dataset.judged === 'false') return facts;
  const k = answered.filter((panel) => panel.judged.isFlagged).length;
  const seconds = answered.reduce((sum, panel) => sum + panel.result.seconds, 0);
  const values = answered.length > 0
    ? [fillText(TEXTS.ofAll, { k, n: answered.length }), formatSeconds(seconds)]
    : [TEXTS.unknown, TEXTS.unknown]; // they keep their place
  facts.push({ label: TEXTS.flaggedBy, value: values[0], help: TEXTS.flaggedByHelp });
  facts.push({ label: TEXTS.time, value: values[1], help: TEXTS.timeHelp });
  return facts;
}
