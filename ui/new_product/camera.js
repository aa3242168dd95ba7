// The camera takes photographs one by one.

const CAMERA = { video: { facingMode: 'environment', width: { ideal: 1920 }, height: { ideal: 1440 } } };
const REASONS = {
  NotAllowedError: TEXTS.cameraRefused,
  NotFoundError: TEXTS.cameraMissing,
  OverconstrainedError: TEXTS.cameraMissing,
};
let stream = null;
let isAsking = false; // for a permission, which may take long

async function openCamera() {
  if (!navigator.mediaDevices?.getUserMedia) { complain(TEXTS.noCamera); return; }
  if (isAsking) return;
  isAsking = true;
  try {
    stream = await navigator.mediaDevices.getUserMedia(CAMERA);
  } catch ({ name }) {
    complain(REASONS[name] ?? TEXTS.cameraBusy);
    return;
  } finally {
    isAsking = false;
  }
  if (!element.offsetParent) { closeCamera(); return; } // another tab was opened meanwhile
  const video = find('.np-live video');
  video.srcObject = stream;
  await video.play();
  find('.np-live').hidden = false;
  stream.getVideoTracks()[0].addEventListener('ended', () => { closeCamera(); complain(TEXTS.cameraGone); });
}

function closeCamera() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
  find('.np-live').hidden = true;
}

function shoot() {
  const video = find('.np-live video');
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  if (!canvas.width) return;
  canvas.getContext('2d').drawImage(video, 0, 0);
  const at = new Date().toISOString().slice(0, 23).replace(/[T:.]/g, '-');
  canvas.toBlob((blob) => give([new File([blob], `camera ${at}.jpg`, { type: blob.type })]), 'image/jpeg', 0.95);
}

find('.np-camera').addEventListener('click', () => (stream ? closeCamera() : openCamera()));
find('.np-shoot').addEventListener('click', shoot);
find('.np-shut').addEventListener('click', closeCamera);
new IntersectionObserver(([{ isIntersecting }]) => {
  if (stream && !isIntersecting && !element.offsetParent) closeCamera(); // another tab was opened
}).observe(element);
