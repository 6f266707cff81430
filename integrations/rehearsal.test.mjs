// @ts-check
// What a reader does once the packages are on npm: all are published to a registry on this machine, then installed and
// used as their READMEs say. Everything that is not ours comes from the registry that npm is set to.
import { spawn } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { closure } from '../scripts/pack.mjs'
import { root } from '../scripts/run.mjs'
import { readWorkspace } from '../scripts/workspace.mjs'
import { run } from './command.mjs'
import { startRegistry } from './registry.mjs'

const packages = readWorkspace(root).packages.filter(({ isPublic }) => isPublic)
const names = packages.map(({ manifest }) => manifest.name).sort()

let rehearsed
let folder
let settings
beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'resfn-rehearsal-')))
  const uplink = (await run('npm', ['config', 'get', 'registry'], folder)).trim()
  const cache = (await run('npm', ['config', 'get', 'cache'], folder)).trim()
  rehearsed = await startRegistry(uplink, (name) => name === 'resfn' || name.startsWith('@resfn/'))
  // What npm has downloaded before, but not what npx has installed before.
  mkdirSync(join(cache, '_cacache'), { recursive: true })
  mkdirSync(join(folder, 'cache'))
  symlinkSync(join(cache, '_cacache'), join(folder, 'cache', '_cacache'), 'junction')
  writeFileSync(
    join(folder, 'npmrc'),
    `registry=${rehearsed.url}\n${rehearsed.url.replace('http:', '')}:_authToken=rehearsal\n`,
  )
  settings = {
    npm_config_userconfig: join(folder, 'npmrc'),
    npm_config_registry: rehearsed.url,
    npm_config_cache: join(folder, 'cache'),
    npm_config_ignore_scripts: 'true',
    npm_config_prefer_offline: 'true',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_workspace: '',
    npm_config_local_prefix: '',
  }
  const filters = names.flatMap((name) => ['--filter', name])
  const publish = ['--recursive', ...filters, 'publish', '--no-git-checks', '--registry', rehearsed.url]
  await run('pnpm', publish, root, settings)
})
afterAll(async () => {
  await rehearsed?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const emptyFolder = (name) => {
  const path = join(folder, name)
  mkdirSync(path)
  return path
}

/** The commands of the first `sh` block of a README, without comments, as a reader types them. */
const commandsOf = (file) =>
  (/^```sh\n([\s\S]*?)^```/m.exec(readFileSync(join(root, file), 'utf8'))?.[1] ?? '')
    .split('\n')
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line !== '')

const shell = (line, cwd) => run('sh', ['-c', line], cwd, settings)

it('every public package can be published', () => {
  expect(rehearsed.published()).toEqual(names)
})

it('npx runs the command in an empty folder', async () => {
  expect(await shell('npx --yes @resfn/cli nets', emptyFolder('npx'))).toMatch(/resnet18.*ImageNet/)
})

it('one block alone installs as its README says, with the few packages it is made of', async () => {
  const here = emptyFolder('one-block')
  const [install, ...more] = commandsOf('packages/blocks/residual-block/README.md')
  expect([install, more]).toEqual([expect.stringMatching(/^npm install @resfn\/residual-block /), []])
  await shell(install, here)
  const made = closure(['residual-block'], packages).map(({ manifest }) => manifest.name)
  const installed = readdirSync(join(here, 'node_modules', '@resfn')).map((name) => `@resfn/${name}`)
  expect(installed.sort()).toEqual(made.sort())
  // tfjs-core and what it depends on itself, and nothing else.
  expect(readdirSync(join(here, 'node_modules', '@tensorflow'))).toEqual(['tfjs-core'])
  writeFileSync(
    join(here, 'plan.mjs'),
    [
      "import { residualBlock } from '@resfn/residual-block'",
      'console.log(JSON.stringify(residualBlock({ out: 8 }).plan([4, 4, 8]).output))',
    ].join('\n'),
  )
  expect(JSON.parse(await run(process.execPath, ['plan.mjs'], here))).toEqual([4, 4, 8])
})

it('before that, one line installs packed packages in an empty folder', async () => {
  const here = emptyFolder('packed')
  const pack = [join(root, 'scripts', 'pack.mjs'), join(folder, 'tarballs'), '--for', 'identity-add,loop']
  const printed = await run(process.execPath, pack, root, settings)
  expect(printed).toMatch(/^npm install .+\n$/)
  await shell(printed, here)
  writeFileSync(
    join(here, 'use.mjs'),
    "import { identityAdd } from '@resfn/identity-add'\nimport { train } from '@resfn/loop'\nconsole.log(typeof identityAdd, typeof train)\n",
  )
  expect(await run(process.execPath, ['use.mjs'], here)).toBe('function function\n')
})

describe('the page made with Vite', () => {
  /** Starts the server of a script of the page and gives back the page that it serves. */
  const serve = async (script, cwd) => {
    const server = spawn('npm', ['run', script], { cwd, env: { ...process.env, ...settings }, detached: true })
    try {
      const url = await new Promise((resolve, reject) => {
        let text = ''
        server.stdout.on('data', (chunk) => {
          text += chunk
          // Without the colours, which Vite leaves out only if it is told.
          // oxlint-disable-next-line no-control-regex
          const [found] = /http:\/\/localhost:\d+/.exec(text.replaceAll(/\u001b\[\d+m/g, '')) ?? []
          if (found !== undefined) resolve(found)
        })
        server.on('close', () => reject(new Error(`npm run ${script} ended: ${text}`)))
      })
      return await (await fetch(url)).text()
    } finally {
      if (server.pid !== undefined) process.kill(-server.pid)
    }
  }

  it('is installed, trained, built and served as its README says', async () => {
    const here = join(folder, 'page')
    cpSync(join(root, 'integrations', 'vite'), here, {
      recursive: true,
      filter: (path) => !/node_modules|\.test\.mjs$/.test(path.slice(root.length)),
    })
    const [install, checkpoint, dev] = commandsOf('integrations/vite/README.md')
    expect([install, checkpoint, dev]).toEqual(['npm install', 'npm run checkpoint', 'npm run dev'])
    await shell(install, here)
    await shell(checkpoint, here)
    expect(readdirSync(join(here, 'public'))).toEqual(['checkpoint.safetensors', 'expected.json'])
    expect(await serve('dev', here)).toContain('/src/main.ts')
    await shell('npm run build', here)
    expect(await serve('preview', here)).toMatch(/src="\/assets\/[^"]+\.js"/)
  })
})
