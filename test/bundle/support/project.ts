import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildSourceHttp } from '../../../demo/source-http/build.ts';
import { environment, expectProgram, type ProgramOptions } from './program.ts';

/** A project as a user has it: our packed tarball, the walkeros CLI and the collector, installed from npm. */
export interface Project {
  /** Where package.json and node_modules are; flow files go into folders of their own below. */
  readonly folder: string;
  /** What `npm pack` made of this repository. */
  readonly tarball: string;
  /** The demo's HTTP source, as a local package for flow files. */
  readonly sourceHttp: string;
  /** npm's cache of downloads, by content: safe to share. */
  readonly npmCache: string;
  /** Node programs by major version. */
  readonly nodes: Readonly<Record<NodeMajor, string>>;
}

/** In the background it takes as long as the other parts leave it. */
const installTimeoutMs = 600_000;

type Background = Pick<ProgramOptions, 'inBackground'>;

export type NodeMajor = '22' | '24';
export const nodeMajors: readonly NodeMajor[] = ['22', '24'];

/** How setup.ts tells the test files about the project that they share. */
export const sharedProjectVariable = 'TEST_BUNDLE_PROJECT';

const repository = resolve(import.meta.dirname, '../../..');
const walkeros = '4.2.1';

let mine: Promise<Project> | undefined;

/** The shared project; for a file that is run alone one of its own, which goes with the process. */
export function project(): Promise<Project> {
  return (mine ??= findProject());
}

async function findProject(): Promise<Project> {
  const shared = process.env[sharedProjectVariable];
  return shared ? (JSON.parse(shared) as Project) : installProject();
}

export function removeRoot(root: string): void {
  rmSync(root, { recursive: true, force: true, maxRetries: 5 });
}

/**
 * Packs, builds and installs everything below a folder that goes with the process. Needs the npm registry, as every user does.
 * @param options.inBackground see `runProgram`
 */
export async function installProject(options: Background = {}): Promise<Project> {
  const root = mkdtempSync(join(tmpdir(), 'walkeros-bundle-test-'));
  process.once('exit', () => removeRoot(root));
  const folder = join(root, 'project');
  const sourceHttp = join(root, 'source-http');
  mkdirSync(folder);
  const [registry, cache] = await Promise.all([npmConfig('registry'), npmConfig('cache')]);
  // The CLI downloads packages by itself and knows the registry from .npmrc files alone: beside the flow file (where
  // flowFolder copies it) and, for `--simulate`, in the parent of the working folder.
  writeFileSync(join(folder, '.npmrc'), `registry=${registry}\n`);

  const [nodes, tarball] = await Promise.all([
    findNodes(root, options),
    pack(root, options),
    buildSourceHttp(sourceHttp),
  ]);
  const dependencies = {
    '@walkeros/cli': walkeros,
    '@walkeros/collector': walkeros,
    'walkeros-destination-kafka': `file:${tarball}`,
  };
  await install(folder, dependencies, options);
  return { folder, tarball, sourceHttp, npmCache: join(cache, '_cacache'), nodes };
}

async function pack(root: string, options: Background): Promise<string> {
  await expectProgram('npm', ['pack', '--silent', '--pack-destination', root], {
    ...options,
    timeoutMs: installTimeoutMs,
    cwd: repository,
    env: environment(),
  });
  const packed = (await readdir(root)).find((name) => name.endsWith('.tgz'));
  if (!packed) throw new Error('npm pack made no tarball');
  return join(root, packed);
}

/** The Node of each major version: the one that runs this, or npm's package of it for this platform. */
async function findNodes(root: string, options: Background): Promise<Record<NodeMajor, string>> {
  const own = process.version.slice(1).split('.', 1)[0];
  const missing = nodeMajors.filter((major) => major !== own);
  const folder = join(root, 'nodes');
  mkdirSync(folder);
  const ranges = { '22': '^22.22.0', '24': '^24.6.0' };
  const dependencies = Object.fromEntries(
    missing.map((major) => [`node-${major}`, `npm:${nodePackage()}@${ranges[major]}`]),
  );
  await install(folder, dependencies, options);
  const program = process.platform === 'win32' ? 'node.exe' : 'node';
  const find = (major: NodeMajor): string =>
    major === own ? process.execPath : join(folder, 'node_modules', `node-${major}`, 'bin', program);
  return { '22': find('22'), '24': find('24') };
}

function nodePackage(): string {
  const { platform, arch } = process;
  const prefix = platform === 'darwin' && arch === 'arm64' ? 'node-bin' : 'node';
  return `${prefix}-${platform === 'win32' ? 'win' : platform}-${arch}`;
}

async function install(
  folder: string,
  dependencies: Readonly<Record<string, string>>,
  options: Background,
): Promise<void> {
  const manifest = { name: 'bundle-test', private: true, dependencies };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, undefined, 2));
  const quietly = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  await expectProgram('npm', ['install', ...quietly], {
    cwd: folder,
    env: environment(),
    timeoutMs: installTimeoutMs,
    ...options,
  });
}

async function npmConfig(name: string): Promise<string> {
  const { stdout } = await expectProgram('npm', ['config', 'get', name], {
    cwd: repository,
    env: environment(),
  });
  return stdout.trim();
}

/** A file of the package as installed, parsed. */
export async function installedJson(file: string): Promise<unknown> {
  const { folder } = await project();
  return JSON.parse(await readFile(join(folder, 'node_modules', 'walkeros-destination-kafka', file), 'utf8'));
}
