/**
 * The frame that keeps cells away from the page. Its `sandbox` attribute gives it an origin of its own, which shares storage, cookies and
 * channels with nobody; its policy, which the worker inherits, lets it load nothing and connect to nothing. Of scripts it allows one
 * by its hash: the few lines below, which start a worker from text that the page posts.
 */

/** Runs in the frame. The first message from the page brings the kernel's text and the port it will speak through. */
export const FRAME_SCRIPT = `
addEventListener('message', (event) => {
  if (event.source !== parent) return;
  const address = URL.createObjectURL(new Blob([event.data], { type: 'text/javascript' }));
  const worker = new Worker(address);
  worker.postMessage(null, [event.ports[0]]);
}, { once: true });
`;

/**
 * The frame's document.
 * @param scriptHash SHA-256 of FRAME_SCRIPT, in base64
 */
export function frameDocument(scriptHash: string): string {
  const policy = [
    "default-src 'none'",
    `script-src 'sha256-${scriptHash}' blob: 'unsafe-eval'`,
    'worker-src blob:',
    "connect-src 'none'",
  ].join('; ');
  return `<!doctype html><meta http-equiv="Content-Security-Policy" content="${policy}"><title>Cells</title><script>${FRAME_SCRIPT}</script>`;
}
