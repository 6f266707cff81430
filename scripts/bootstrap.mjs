// @ts-check
// Makes a fresh clone work with nothing but Node and npm: `node scripts/bootstrap.mjs [start|test] [arguments]`
// runs the pinned pnpm through npx, installs by the lockfile, builds, then hands over to scripts/<command>.mjs.
// Written in old syntax and without dependencies, so that an old Node reaches the message that tells what to do.
import { spawnSync } from 'child_process'
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'fs'
import { delimiter, dirname, join, sep } from 'path'
import { fileURLToPath } from 'url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const windows = process.platform === 'win32'

const say = (text) => process.stderr.write('resfn: ' + text + '\n')

const fail = (text) => {
  say(text)
  process.exit(1)
}

/** Whether `version` ('20.20.2') satisfies a range of the one form this workspace uses, '>=major.minor'. */
export const satisfies = (version, range) => {
  const [major, minor] = version.split('.').map(Number)
  const [wantedMajor, wantedMinor] = range.replace('>=', '').split('.').map(Number)
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)
}

const run = (label, command, args, env) => {
  say(label)
  const started = Date.now()
  // Standard output is for the command that follows.
  const result = spawnSync(command, args, { cwd: root, env: env, stdio: ['inherit', 2, 2], shell: windows })
  if (result.error)
    fail(label + ': cannot run ' + command + ' (' + result.error.message + '); is npm installed beside Node?')
  if (result.status !== 0) {
    say(label + ' failed (exit code ' + result.status + ')')
    process.exit(result.status === null ? 1 : result.status)
  }
  return (Date.now() - started) / 1000
}

/**
 * An environment in which `pnpm` is the pinned version.
 * With install scripts blocked, the file that npx puts on the PATH is a shell script without a `#!` line, which only a
 * shell can start. Turbo starts `pnpm` without a shell, so a proper script in front of it on the PATH hands over.
 */
const withPnpm = (pinned) => {
  const env = Object.assign({}, process.env, {
    DO_NOT_TRACK: '1',
    npm_config_update_notifier: 'false',
  })
  // npm hands its own settings to the scripts it runs; pnpm reads its settings from pnpm-workspace.yaml.
  delete env.npm_config_user_agent
  if (windows) return env
  // Without the folders of this workspace, where the script of an earlier run lies, which must not lead to itself.
  const path = (env.PATH || '')
    .split(delimiter)
    .filter((entry) => !entry.startsWith(root + sep))
    .join(delimiter)
  const found = spawnSync('npx', ['--yes', '--package', pinned, '--call', 'command -v pnpm'], {
    cwd: root,
    env: Object.assign({}, env, { PATH: path }),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (found.error) fail('cannot run npx (' + found.error.message + '); is npm installed beside Node?')
  const pnpm = (found.stdout || '').trim().split('\n').pop()
  if (found.status !== 0 || !pnpm)
    fail('npx cannot run ' + pinned + '; is the npm registry reachable? (`npm ping` tells)')
  const folder = join(root, '.cache', 'bin')
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    join(folder, 'pnpm'),
    '#!/bin/sh\n[ -x "' + pnpm + '" ] && exec "' + pnpm + '" "$@"\nexec npx --yes ' + pinned + ' "$@"\n',
  )
  chmodSync(join(folder, 'pnpm'), 0o755)
  return Object.assign(env, { PATH: folder + delimiter + path })
}

/** Puts the same script where `npm run build` and `npm run new` find it later. */
const keepPnpm = () => {
  if (!windows) copyFileSync(join(root, '.cache', 'bin', 'pnpm'), join(root, 'node_modules', '.bin', 'pnpm'))
}

const main = () => {
  if (!satisfies(process.versions.node, manifest.engines.node)) {
    fail(
      'Node ' +
        process.versions.node +
        ' is too old: resfn needs Node ' +
        manifest.engines.node.replace('>=', '') +
        ' or newer. Install one from https://nodejs.org and run the command again.',
    )
  }
  const command = process.argv[2]
  const rest = process.argv.slice(3)
  const pinned = manifest.packageManager
  const env = withPnpm(pinned)
  const pnpm = windows ? ['npx', '--yes', pinned] : ['pnpm']
  const install = run(
    'installing by the lockfile with ' + pinned,
    pnpm[0],
    pnpm.slice(1).concat(['install', '--frozen-lockfile']),
    env,
  )
  keepPnpm()
  const build = run('building the packages', pnpm[0], pnpm.slice(1).concat(['run', 'build']), env)
  if (command === undefined) {
    say('ready. `npm start` trains a first net, `npm test` runs every check, CONTRIBUTING.md tells the rest.')
    return
  }
  const result = spawnSync(process.execPath, [join(root, 'scripts', command + '.mjs')].concat(rest), {
    cwd: root,
    env: Object.assign({}, env, { RESFN_BOOTSTRAP: JSON.stringify({ install: install, build: build }) }),
    stdio: 'inherit',
  })
  if (result.error) fail('cannot run scripts/' + command + '.mjs (' + result.error.message + ')')
  process.exitCode = result.status === null ? 1 : result.status
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main()
