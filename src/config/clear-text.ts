const local = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** Whether others can read what is sent to this URL: without TLS it leaves the machine. */
export function inClearText(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && !local.test(hostname);
}
