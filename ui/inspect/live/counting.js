// What became of the parts: counts, and a table of the newest.

const MOST_ROWS = 10_000;
const MOST_FLAGGED = 24; // pictures that are kept
const COLUMNS = ['part', 'time', 'outcome', 'relative_score'];

class Counter {
  constructor() {
    this.reset();
  }

  reset() {
    Object.assign(this, { inspected: 0, flagged: 0, unlike: 0, lost: 0, rows: [], kept: [] });
  }

  // Counts a part by the answer to its frame; of a flagged one the picture is kept.
  add({ outcome, isFlagged, relative, answers }, { time, picture }) {
    const isUnlike = outcome === 'unfamiliar';
    const part = this.inspected + this.unlike + 1;
    this.inspected += isUnlike ? 0 : 1;
    this.unlike += isUnlike ? 1 : 0;
    this.rows.push({ part, time, outcome, relative, answers });
    if (this.rows.length > MOST_ROWS) this.rows.shift();
    if (!isFlagged) return;
    this.flagged += 1;
    this.kept.unshift({ part, time, relative, picture });
    this.kept.length = Math.min(this.kept.length, MOST_FLAGGED);
  }

  toCsv(detectors) {
    const head = [...COLUMNS, ...detectors.map((name) => `${name}_relative_score`)];
    const write = (value) => (value === null || value === undefined ? '' : String(value));
    const lines = this.rows.map(({ part, time, outcome, relative, answers }) => {
      const own = detectors.map((name) => answers.find((one) => one.name === name)?.relative);
      return [part, time.toISOString(), outcome, relative, ...own].map(write).join(',');
    });
    return `${[head.join(','), ...lines].join('\r\n')}\r\n`;
  }
}

// How many answers of the last seconds, of the last two at least, there were in one, and how long one took.
class Speed {
  constructor(span = 3) {
    this.span = span;
    this.answers = [];
  }

  // At a time in seconds, an answer has come that took so many.
  add(now, took) {
    this.answers.push({ now, took });
    const { length } = this.answers;
    this.answers = this.answers.filter((one, i) => i >= length - 2 || now - one.now <= this.span);
  }

  read() {
    const { answers } = this;
    if (answers.length < 2) return null;
    const time = answers[answers.length - 1].now - answers[0].now;
    const behind = answers.reduce((sum, { took }) => sum + took, 0) / answers.length;
    return { perSecond: (answers.length - 1) / Math.max(time, 1e-3), behind };
  }
}
