import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const programs = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome'];

/** The Chromium that is installed: the one that `CHROMIUM` names, else the first on the PATH. */
export function findChromium(): string | undefined {
  const { CHROMIUM, PATH = '' } = process.env;
  if (CHROMIUM) return CHROMIUM;
  const folders = [...PATH.split(delimiter), '/usr/bin'];
  return programs.flatMap((program) => folders.map((folder) => join(folder, program))).find(existsSync);
}

/** Why tests in a browser are skipped; false where there is one. */
export const skip: string | false =
  findChromium() === undefined
    ? 'there is no Chromium: install it (Debian, Ubuntu: apt-get install chromium), or name one with CHROMIUM=/path'
    : false;

/** It asks for nothing but what its pages do, and needs neither a screen nor a graphics card. */
const args = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A browser with an empty profile of its own. */
export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ ...executable(), args, timeout: 60_000 });

function executable(): { executablePath?: string } {
  const executablePath = findChromium();
  return executablePath === undefined ? {} : { executablePath };
}
