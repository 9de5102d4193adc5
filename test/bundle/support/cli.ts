import { copyFileSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { environment, runProgram, startProgram, type Program, type ProgramResult } from './program.ts';
import { project } from './project.ts';

export interface CliOptions {
  readonly cwd: string;
  /** Given to Node before the CLI, such as `--import`. */
  readonly nodeArgs?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs `walkeros <args>` of the project to its end. */
export async function walkeros(args: readonly string[], options: CliOptions): Promise<ProgramResult> {
  const command = await cliCommand(args, options);
  return runProgram(...command);
}

/** Starts `walkeros <args>` and leaves it running; it is killed after two minutes at the latest. */
export async function startWalkeros(args: readonly string[], options: CliOptions): Promise<Program> {
  const command = await cliCommand(args, options);
  return startProgram(...command);
}

async function cliCommand(
  args: readonly string[],
  { cwd, nodeArgs = [], env = {} }: CliOptions,
): Promise<Parameters<typeof runProgram>> {
  const { folder, npmCache } = await project();
  const program = join(folder, 'node_modules', '@walkeros', 'cli', 'dist', 'cli.js');
  // The CLI keeps its caches among the temporary files, where two at work would read each other's half-written packages.
  const temp = join(cwd, 'temp');
  mkdirSync(temp, { recursive: true });
  const own = { TMPDIR: temp, TEMP: temp, TMP: temp, XDG_CONFIG_HOME: temp, NPM_CACHE_DIR: npmCache, ...env };
  return [process.execPath, [...nodeArgs, program, ...args], { cwd, env: environment(own) }];
}

export interface FlowParts {
  readonly destinations: Readonly<Record<string, unknown>>;
  readonly sources?: Readonly<Record<string, unknown>>;
  /** Beside the collector's; default: our package, from the tarball. */
  readonly packages?: Readonly<Record<string, unknown>>;
}

/** Writes a flow.json into a new folder of the project and gives that folder. */
export async function flowFolder({ destinations, sources = {}, packages }: FlowParts): Promise<string> {
  const { folder, tarball } = await project();
  const place = mkdtempSync(join(folder, 'flow-'));
  const bundle = {
    packages: {
      '@walkeros/collector': { version: '4.2.1' },
      ...(packages ?? { 'walkeros-destination-kafka': { version: `file:${tarball}` } }),
    },
  };
  const flow = { config: { platform: 'server', bundle }, sources, destinations };
  writeFileSync(
    join(place, 'flow.json'),
    JSON.stringify({ version: 4, flows: { default: flow } }, undefined, 2),
  );
  // As in the project itself: the CLI looks for the registry beside the flow file.
  copyFileSync(join(folder, '.npmrc'), join(place, '.npmrc'));
  return place;
}
