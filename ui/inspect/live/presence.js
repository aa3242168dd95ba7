// When a part has come into the picture: enough of it differs from the empty picture, and nothing has moved for a
// while. Then it counts, once, until the picture was empty again.
//
// A grey picture is an array of levels 0-255. Differences are taken after the mean of all differences is: a lamp or the
// camera's exposure changes the whole picture alike.

const GREY = { width: 64, height: 48 };
const MOVED_LEVELS = 14; // a pixel that changes by more between two looks has moved
const MOST_MOVED = 0.01; // share of the picture, up to which it is still: noise of the camera
const EMPTY_BELOW = 0.5; // of the share that a part fills at least: the picture is empty again
const LEARNED = 0.02; // of each empty picture, so that the reference follows the daylight

function toGrey(pixels) {
  const grey = new Float32Array(pixels.length / 4);
  for (let i = 0; i < grey.length; i += 1) {
    grey[i] = 0.299 * pixels[4 * i] + 0.587 * pixels[4 * i + 1] + 0.114 * pixels[4 * i + 2];
  }
  return grey;
}

// The share of pixels that differ by more than some levels. The median is no worse than the mean for noise, and a large
// part does not shift it while it fills less than half of the picture.
function shareOfDifferent(grey, other, levels) {
  const differences = grey.map((value, i) => value - other[i]);
  const middle = [...differences].sort((a, b) => a - b)[differences.length >> 1];
  let count = 0;
  for (const one of differences) if (Math.abs(one - middle) > levels) count += 1;
  return count / differences.length;
}

class Presence {
  // size: share of the picture that a part fills at least; levels: from which a pixel differs; rest: seconds.
  constructor(settings) {
    this.settings = settings;
    this.forget();
  }

  forget() {
    Object.assign(this, { background: null, last: null, stillSince: null, state: 'unset' });
  }

  setEmpty(grey) {
    Object.assign(this, { background: Float32Array.from(grey), stillSince: null, state: 'empty' });
  }

  // Looks at the newest picture, at a time in seconds, and returns what is seen of it.
  look(grey, now) {
    const { size, levels } = this.settings;
    const moved = this.last ? shareOfDifferent(grey, this.last, MOVED_LEVELS) : 1;
    this.last = Float32Array.from(grey);
    if (!this.background) return { state: 'unset', difference: 0, isNew: false };
    const difference = shareOfDifferent(grey, this.background, levels);
    const isNew = this.step(difference, moved <= MOST_MOVED, now, size);
    if (this.state === 'empty' && moved <= MOST_MOVED) this.learn(grey);
    return { state: this.state, difference, isNew };
  }

  step(difference, isStill, now, size) {
    if (this.state === 'counted') {
      if (difference < EMPTY_BELOW * size) this.state = 'empty';
      return false;
    }
    if (difference < size || !isStill) {
      this.state = difference < size ? 'empty' : 'moving';
      this.stillSince = null;
      return false;
    }
    this.stillSince ??= now;
    this.state = now - this.stillSince >= this.settings.rest ? 'counted' : 'moving';
    return this.state === 'counted';
  }

  learn(grey) {
    for (let i = 0; i < grey.length; i += 1) this.background[i] += LEARNED * (grey[i] - this.background[i]);
  }
}
