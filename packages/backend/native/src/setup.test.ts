import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { either as E } from 'fp-ts'
import { describe, expect, it } from 'vitest'
import { findAddon } from './addon.ts'
import { NativeError, SetupError, setupNative, type SetupOptions, useNative } from './index.ts'
import { keptAddon, provenanceFile } from './kept.ts'
import { findLibrary, isSupported } from './setup/library.ts'
import { applyPatches, patches } from './setup/patches.ts'
import { findSources } from './setup/sources.ts'

const temporary = (): string => mkdtempSync(join(tmpdir(), 'resfn-native-'))

const write = (path: string, text: string): string => {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return path
}

/** A folder that looks like an installed TensorFlow and has nothing in its files. */
const library = (version: string, folder = temporary()): string => {
  const [major, minor, patch] = version.split('.')
  for (const name of ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2', 'include/tensorflow/c/eager/c_api.h'])
    write(join(folder, name), '')
  write(
    join(folder, 'include/tensorflow/core/public/version.h'),
    `#define TF_MAJOR_VERSION ${major}\n#define TF_MINOR_VERSION ${minor}\n#define TF_PATCH_VERSION ${patch}\n`,
  )
  return folder
}

const compilerThat = (shell: string): string => {
  const path = write(join(temporary(), 'compiler'), `#!/bin/sh\n[ "$1" = --version ] && exec echo test 1.0\n${shell}\n`)
  chmodSync(path, 0o755)
  return path
}

const fails = async (options: SetupOptions): Promise<SetupError> => {
  const folder = options.folder ?? temporary()
  const result = await setupNative({ folder, ...options })()
  if (E.isRight(result)) throw new Error('it was built')
  expect(result.left).toBeInstanceOf(SetupError)
  // Nothing is left of what was tried.
  expect(readdirSync(folder)).toEqual([])
  return result.left
}

describe.runIf(process.platform === 'linux')('setupNative', () => {
  it('names all that is missing, and how to get it', async () => {
    const empty = temporary()
    const { _tag, message } = await fails({ libtensorflow: empty, compiler: 'no-such-compiler' })
    expect(_tag).toBe('MissingParts')
    expect(message).toContain(
      `libtensorflow_cc.so.2 in ${empty}, which is not the folder of an installed pip TensorFlow`,
    )
    expect(message).toContain('pip install --no-deps tensorflow-cpu')
    expect(message).toContain('a C++17 compiler: no-such-compiler: it is not installed (apt install g++')
    expect((await fails({ libtensorflow: join(empty, 'none') })).message).toContain(`the folder ${join(empty, 'none')}`)
  })

  it('names the header that an old package lacks', async () => {
    const folder = temporary()
    write(join(folder, 'libtensorflow_cc.so.2'), '')
    const { message } = await fails({ libtensorflow: folder })
    expect(message).toContain(join(folder, 'libtensorflow_framework.so.2'))
    expect(message).toContain(join(folder, 'include', 'tensorflow', 'c', 'eager', 'c_api.h'))
  })

  it('refuses a TensorFlow that is too old, or of another generation', async () => {
    for (const version of ['2.9.1', '1.15.5', '3.0.0']) {
      const { _tag, message } = await fails({ libtensorflow: library(version) })
      expect(_tag).toBe('UnsupportedVersion')
      expect(message).toContain(`is TensorFlow ${version}; from 2.12 on, below 3`)
    }
    expect(['2.11.9', '2.12.0', '2.21.0'].map(isSupported)).toEqual([false, true, true])
  })

  it('repeats the words of the compiler', async () => {
    const { _tag, message } = await fails({
      libtensorflow: library('2.21.0'),
      compiler: compilerThat('echo "x.cc:1: error: not today" >&2; exit 3'),
    })
    expect(_tag).toBe('CompilerFailed')
    expect(message).toMatch(/does not compile the addon: exit code 3\nx\.cc:1: error: not today$/)
  })

  it('keeps nothing that does not load', async () => {
    const compiler = compilerThat('while [ "$1" != -o ]; do shift; done; echo nonsense > "$2"')
    const { _tag, message } = await fails({ libtensorflow: library('2.21.0'), compiler })
    expect(_tag).toBe('CheckFailed')
    expect(message).toContain('the addon was built and does not run: exit code 1')
    expect(message).toMatch(/invalid ELF header|file too short/)
  })

  it('says which folder it cannot make', async () => {
    const file = write(join(temporary(), 'file'), '')
    const result = await setupNative({ libtensorflow: library('2.21.0'), folder: file, compiler: compilerThat('') })()
    expect(result).toMatchObject({ left: { _tag: 'CannotWrite', message: expect.stringContaining(file) as string } })
  })
})

describe('findLibrary', () => {
  it('takes the package, the folder of packages and a virtual environment', () => {
    const root = temporary()
    const folder = library('2.17.1', join(root, 'lib', 'python3.12', 'site-packages', 'tensorflow'))
    write(join(folder, 'python', 'platform', 'build_info.py'), "build_info = OrderedDict([('is_cuda_build', True)])")
    mkdirSync(join(folder, '..', 'nvidia', 'cudnn', 'lib'), { recursive: true })
    for (const named of [folder, dirname(folder), root])
      expect(findLibrary(named)).toMatchObject({
        folder,
        version: '2.17.1',
        cuda: true,
        more: [join(folder, '..', 'nvidia', 'cudnn', 'lib')],
      })
  })

  it('takes the version from the note of pip where the headers have none', () => {
    const root = temporary()
    const folder = library('2.21.0', join(root, 'tensorflow'))
    write(join(folder, 'include/tensorflow/core/public/version.h'), '')
    mkdirSync(join(root, 'tensorflow_cpu-2.21.0.dist-info'))
    expect(findLibrary(root)).toMatchObject({ version: '2.21.0', cuda: false })
  })
})

describe('the patches', () => {
  it('fit the C++ of tfjs-node', () => {
    const sources = findSources()
    if ('missing' in sources) throw new Error(sources.missing.join())
    const patched = applyPatches(sources.files)
    expect('sources' in patched && patched.sources['tfjs_binding.cc']).toContain('"tensorDevice"')
  })

  it('fail by name where their text is not there once', () => {
    const [patch] = patches
    for (const text of ['', `${patch!.from}\n${patch!.from}`])
      expect(applyPatches({ [patch!.file]: text }, [patch!])).toEqual({ misfit: patch })
  })
})

describe('a kept addon', () => {
  it('is not used where it has changed, gone or come from another machine', () => {
    const folder = temporary()
    const path = write(join(folder, 'a.node'), 'addon')
    const addon = { path, bytes: 5, sha256: '0'.repeat(64) }
    const note = (more: object): void =>
      void write(
        provenanceFile(folder),
        JSON.stringify({
          addon,
          tensorflow: { libraries: [] },
          machine: `${process.platform}-${process.arch}`,
          built: '2026-01-02',
          ...more,
        }),
      )
    expect(keptAddon(folder)).toBeUndefined()
    note({})
    expect(keptAddon(folder)).toEqual({
      fault: `the addon of 2026-01-02 is of no use: ${path} has changed since: run resfn setup native again`,
    })
    note({ tensorflow: { libraries: [{ path: join(folder, 'gone'), bytes: 1 }] } })
    expect(keptAddon(folder)).toMatchObject({ fault: expect.stringContaining('gone is not there any more') as string })
    note({ machine: 'plan9-mips' })
    expect(keptAddon(folder)).toMatchObject({ fault: expect.stringContaining('built for plan9-mips') as string })
    write(provenanceFile(folder), '{')
    expect(keptAddon(folder)).toMatchObject({ fault: expect.stringContaining('is damaged') as string })
  })

  it('says why it does not load, and what to do', async () => {
    const folder = temporary()
    const path = write(join(folder, 'a.node'), 'addon')
    const sha256 = createHash('sha256').update('addon').digest('hex')
    const machine = `${process.platform}-${process.arch}`
    const note = { addon: { path, bytes: 5, sha256 }, tensorflow: { libraries: [] }, machine, built: '2026-01-02' }
    write(provenanceFile(folder), JSON.stringify(note))
    const loading = await useNative({ folder }).catch((error: unknown) => error)
    expect(loading).toBeInstanceOf(NativeError)
    expect(loading).toMatchObject({ _tag: 'CannotLoad', cause: expect.any(Error) as Error })
    expect((loading as Error).message).toMatch(
      /^the addon \S+a\.node does not load \(.+\); run resfn setup native again$/,
    )
  })

  it('is asked for by name where there is none', () => {
    try {
      findAddon(temporary())
    } catch (error) {
      expect(error).toBeInstanceOf(NativeError)
      expect(error).toMatchObject({
        _tag: 'NoAddon',
        message:
          '@tensorflow/tfjs-node is installed without its addon: resfn setup native --libtensorflow <folder of an installed pip TensorFlow>',
      })
    }
    expect.assertions(2)
  })
})
