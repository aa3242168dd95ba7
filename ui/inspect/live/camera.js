// The visitor's camera: the one on the back of a phone first, and a sentence for whatever keeps it from starting.

const WANTED = { facingMode: { ideal: 'environment' }, width: { ideal: 1280 }, height: { ideal: 960 } };
const ALIKE = {
  SecurityError: 'NotAllowedError',
  AbortError: 'NotReadableError',
  OverconstrainedError: 'NotFoundError',
};

class Camera {
  constructor(video, onLost) {
    this.video = video;
    this.onLost = onLost;
    this.stream = null;
    this.turn = 0; // whoever opens it may wait long for a permission; closed meanwhile, it stays so
  }

  get isOpen() {
    return this.stream !== null && this.video.videoWidth > 0;
  }

  // Returns the sentence why there is no picture; empty if there is one, null if it was closed meanwhile.
  async open() {
    if (!navigator.mediaDevices?.getUserMedia) return TEXTS.noCamera;
    this.close();
    const { turn } = this;
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: WANTED, audio: false });
      if (turn !== this.turn) {
        endTracks(stream);
        return null;
      }
      this.stream = stream;
      this.stream.getVideoTracks()[0].addEventListener('ended', () => this.lose());
      this.video.srcObject = this.stream;
      await this.video.play();
    } catch (error) {
      if (turn !== this.turn) return null;
      this.close();
      return describeRefusal(error);
    }
    return turn === this.turn ? '' : null;
  }

  lose() {
    if (!this.stream) return;
    this.close();
    this.onLost();
  }

  close() {
    this.turn += 1;
    endTracks(this.stream);
    this.stream = null;
    this.video.srcObject = null;
  }
}

function endTracks(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

function describeRefusal({ name, message }) {
  return TEXTS[ALIKE[name] ?? name] ?? fillText(TEXTS.otherError, { reason: message || name });
}

// The part of a picture that has the product's shape, as large as it can be, from the middle.
function cropTo([least, most], width, height) {
  const aspect = Math.min(most, Math.max(least, width / height));
  const kept = { width: Math.min(width, height * aspect), height: Math.min(height, width / aspect) };
  return { left: (width - kept.width) / 2, top: (height - kept.height) / 2, ...kept };
}

// A picture of the video's crop whose longer side is no longer than this.
function takePicture(video, crop, longest) {
  const scale = Math.min(1, longest / Math.max(crop.width, crop.height));
  const size = { width: Math.round(scale * crop.width), height: Math.round(scale * crop.height) };
  const canvas = Object.assign(document.createElement('canvas'), size);
  const context = canvas.getContext('2d');
  context.imageSmoothingQuality = 'high';
  context.drawImage(video, crop.left, crop.top, crop.width, crop.height, 0, 0, size.width, size.height);
  return canvas;
}
