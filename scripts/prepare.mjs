/**
 * `node scripts/prepare.mjs <start|test|part of the tests>`: makes a fresh clone ready for `npm start` and `npm test`, which run it first.
 *
 * Plain JavaScript for any Node from 18 on, because it runs before anything is installed: it installs the dependencies,
 * among them the Node that everything else runs on, and brings the broker's jars. When nothing is to be done it is quick.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const pinnedNode = join(root, 'node_modules', '.bin', 'node');
const oldest = [22, 22];
const withoutBroker = ['unit', 'fuzz', 'package'];

installDependencies();
checkNode();
if (!withoutBroker.includes(process.argv[2] ?? '')) bringBroker();
if (process.argv[2] === 'test') bring('registry', 'confluent', 'older-kafka');
if (process.argv[2] === 'downstream') {
  bring('registry', 'confluent', 'downstream');
  bringKcat();
}
if (['test', 'browser'].includes(process.argv[2] ?? '')) bringBrowser();
if (process.argv[2] === 'alerts') bringPrometheus();

function installDependencies() {
  const installed = join(root, 'node_modules', '.package-lock.json');
  const lock = join(root, 'package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  say('installing the npm dependencies (npm ci); once, about a minute');
  run('npm', ['ci', '--no-audit', '--no-fund'], 'npm ci failed: see its message above');
}

/** npm may hold back install scripts, and `node`'s is what brings the binary: then it is run by name. */
function checkNode() {
  if (isRecent(nodeVersion())) return;
  say('the pinned Node is not in place yet: running its install script (npm rebuild node)');
  run('npm', ['rebuild', 'node', '--ignore-scripts=false'], 'npm rebuild node failed: see its message above');
  const version = nodeVersion();
  if (isRecent(version)) return;
  fail(
    `node_modules/.bin/node ${version === undefined ? 'does not run' : `is ${version}`}, and ${oldest.join('.')} or later is needed.\n` +
      'Remove node_modules and run this again; or, if npm refuses install scripts here (npm config get ignore-scripts),\n' +
      `put a Node from ${oldest.join('.')} on first on your PATH and run: npm install --no-save --ignore-scripts=false node@24`,
  );
}

function nodeVersion() {
  const { status, stdout } = spawnSync(pinnedNode, ['--version'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

function isRecent(version) {
  const [major = 0, minor = 0] = (version ?? '').replace('v', '').split('.').map(Number);
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
}

/** The launcher knows the ways to a broker, and says what is missing; it is TypeScript, for the pinned Node. */
function bringBroker() {
  if (process.env.KAFKA_BROKERS) return;
  const { status } = spawnSync(pinnedNode, [join(root, 'scripts', 'kafka', 'prepare.ts')], {
    stdio: 'inherit',
    cwd: root,
  });
  if (status !== 0) process.exit(1);
}

/** What only tests need; those that lack something say so. */
function bring(...folders) {
  for (const folder of folders)
    spawnSync(pinnedNode, [join(root, 'scripts', folder, 'prepare.ts')], { stdio: 'inherit', cwd: root });
}

/** Only tests and pictures need one. Where it cannot be brought, tests in a browser are skipped, and say so. */
function bringBrowser() {
  const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome'];
  if (process.env.CHROMIUM || isThere(...names)) return;
  if (installsDebian('chromium', 'Chromium for the tests in a browser')) return;
  say(
    'there is no Chromium, so the tests in a browser are skipped.\n' +
      'Debian, Ubuntu: apt-get install chromium    elsewhere: CHROMIUM=/path/to/chrome',
  );
}

/** One test reads with it. */
function bringKcat() {
  if (isThere('kcat') || installsDebian('kcat', 'kcat, which a test reads with')) return;
  say('there is no kcat, so the test that reads with it is skipped.\nDebian, Ubuntu: apt-get install kcat');
}

/** Unpacked from its Debian package, not installed: that would start a service, and needs root. */
function bringPrometheus() {
  const target = join(root, '.kafka', 'prometheus');
  if (isThere('prometheus') || existsSync(target)) return;
  say('unpacking the Debian package prometheus into .kafka; once');
  const cwd = mkdtempSync(join(tmpdir(), 'prometheus-'));
  const call = (program, ...args) => spawnSync(program, args, { stdio: 'inherit', cwd }).status === 0;
  const download = () => call('apt-get', 'download', '-qq', 'prometheus');
  if (download() || (call('apt-get', 'update', '-qq') && download())) {
    const [name = ''] = readdirSync(cwd);
    call('dpkg-deb', '-x', name, target);
  }
  rmSync(cwd, { recursive: true });
}

function isThere(...names) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin'];
  return names.some((name) => folders.some((folder) => existsSync(join(folder, name))));
}

/** Root of a Debian may install packages. @returns whether it did */
function installsDebian(name, what) {
  const apt = ['/usr/bin/apt-get', '/bin/apt-get'].find((program) => existsSync(program));
  if (!apt || process.getuid?.() !== 0) return false;
  say(`installing ${what} (apt-get install ${name}); once, about a minute`);
  const options = { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
  const install = () =>
    spawnSync(apt, ['install', '-y', '-qq', '--no-install-recommends', name], options).status === 0;
  return install() || (spawnSync(apt, ['update', '-qq'], options).status === 0 && install());
}

function run(program, args, failure) {
  // Not with the pinned Node, which npm runs us with when it is there: npm would pull it from under its own feet.
  const bin = join(root, 'node_modules', '.bin');
  const path = (process.env.PATH ?? '').split(delimiter).filter((folder) => resolve(folder) !== bin);
  const env = { ...process.env, PATH: path.join(delimiter) };
  const { status } = spawnSync(program, args, { stdio: 'inherit', cwd: root, env });
  if (status !== 0) fail(failure);
}

function say(text) {
  console.log(`prepare ${process.argv[2] ?? ''}: ${text}`);
}

function fail(text) {
  console.error(`prepare ${process.argv[2] ?? ''}: ${text}`);
  process.exit(1);
}
