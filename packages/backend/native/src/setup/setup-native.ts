import { createReadStream } from 'node:fs'
import { mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { join, resolve } from 'node:path'
import { makeFolder } from '@resfn/cache'
import { either as E, type taskEither as TE } from 'fp-ts'
import { type KeptFile, nativeCache, type Provenance, provenanceFile } from '../kept.ts'
import { checkAddon } from './check-addon.ts'
import { SetupError } from './error.ts'
import { findLibrary, isSupported, type Library, oldestVersion } from './library.ts'
import { applyPatches, patches } from './patches.ts'
import { runProgram } from './run-program.ts'
import { findSources, type Sources } from './sources.ts'

/** Settings of `setupNative`. */
export type SetupOptions = {
  /** The folder of an installed pip TensorFlow: `tensorflow` itself, its `site-packages`, or a virtual environment. */
  readonly libtensorflow: string
  /** The C++ compiler, a program; `CXX` of the environment or `c++` by default. */
  readonly compiler?: string
  /** Where the addon is kept; the user's cache by default. */
  readonly folder?: string
  /** Is told of each part of the work. */
  readonly report?: (line: string) => void
}

/** Differences of a convolution in float32 stay far below it. */
const tolerance = 1e-4

const fileOf = async (path: string): Promise<KeptFile> => {
  const hash = createHash('sha256')
  for await (const part of createReadStream(path)) hash.update(part as Uint8Array)
  return { path, bytes: (await stat(path)).size, sha256: hash.digest('hex') }
}

type Parts = { readonly library: Library; readonly sources: Sources; readonly compiler: Compiler }
type Compiler = { readonly program: string; readonly version: string }

const findCompiler = async (program: string): Promise<Compiler | { readonly missing: readonly string[] }> => {
  const ran = await runProgram(program, ['--version'], { seconds: 30 })
  if ('fault' in ran)
    return {
      missing: [
        `a C++17 compiler: ${program}: ${ran.fault.split('\n')[0]!} (apt install g++, or set CXX to the one you have)`,
      ],
    }
  return { program, version: ran.output.split('\n')[0]! }
}

/** All that the build needs, or all that is missing. */
const findParts = async (options: SetupOptions): Promise<E.Either<SetupError, Parts>> => {
  if (process.platform !== 'linux')
    return E.left(
      new SetupError(
        'UnsupportedPlatform',
        `this builds on Linux alone, and here is ${process.platform}; npm install @tensorflow/tfjs-node brings an addon for other systems`,
      ),
    )
  const library = findLibrary(resolve(options.libtensorflow))
  const sources = findSources()
  const compiler = await findCompiler(options.compiler ?? (process.env['CXX'] || 'c++'))
  const missing = [library, sources, compiler].flatMap((part) => ('missing' in part ? part.missing : []))
  if ('version' in library && !isSupported(library.version))
    return E.left(
      new SetupError(
        'UnsupportedVersion',
        `${library.folder} is TensorFlow ${library.version}; from ${oldestVersion.join('.')} on, below ${oldestVersion[0] + 1}, is what the addon fits: pip install --no-deps tensorflow-cpu==2.21.0`,
      ),
    )
  if ('missing' in library || 'missing' in sources || 'missing' in compiler)
    return E.left(
      new SetupError(
        'MissingParts',
        `to build the addon this is missing:\n${missing.map((line) => `  ${line}`).join('\n')}`,
      ),
    )
  return E.right({ library, sources, compiler })
}

/** Compiles into a folder, and gives the path of the addon there. */
const compile = async (
  { library, sources, compiler }: Parts,
  folder: string,
): Promise<E.Either<SetupError, string>> => {
  const patched = applyPatches(sources.files)
  if ('misfit' in patched) {
    const { name, file, from } = patched.misfit
    return E.left(
      new SetupError(
        'UnknownSource',
        `${sources.name} ${sources.version} is not the source that is known (4.22.0): to "${name}", ${file} must have this once: ${from.trim()}`,
      ),
    )
  }
  for (const [name, text] of Object.entries(patched.sources)) await writeFile(join(folder, name), text)
  const out = join(folder, 'tfjs_binding.node')
  const ran = await runProgram(
    compiler.program,
    [
      ...['-std=c++17', '-O2', '-w', '-fPIC', '-shared', '-DNAPI_VERSION=8'],
      ...[`-I${sources.headers.folder}`, `-I${library.include}`],
      ...Object.keys(patched.sources)
        .filter((name) => name.endsWith('.cc'))
        .map((name) => join(folder, name)),
      ...library.libraries,
      // Tags of the old kind hold for what the libraries load themselves too, which is CUDA.
      `-Wl,--disable-new-dtags,${[library.folder, ...library.more].map((path) => `-rpath,${path}`).join(',')}`,
      ...['-o', out],
    ],
    { seconds: 600 },
  )
  return 'fault' in ran
    ? E.left(new SetupError('CompilerFailed', `${compiler.program} does not compile the addon: ${ran.fault}`))
    : E.right(out)
}

const build = async (
  parts: Parts,
  cache: string,
  report: (line: string) => void,
): Promise<E.Either<SetupError, Provenance>> => {
  const { library, sources, compiler } = parts
  const folder = await mkdtemp(join(cache, 'build-'))
  try {
    report(`compiling ${sources.name} ${sources.version} against TensorFlow ${library.version}`)
    const compiled = await compile(parts, folder)
    if (E.isLeft(compiled)) return compiled
    report('checking a convolution in a process of its own')
    const checked = await checkAddon(compiled.right, sources)
    if ('fault' in checked)
      return E.left(new SetupError('CheckFailed', `the addon was built and does not run: ${checked.fault}`))
    if (checked.version.split('-')[0] !== library.version)
      return E.left(
        new SetupError(
          'CheckFailed',
          `the headers are of TensorFlow ${library.version}, and the library is ${checked.version}; install TensorFlow again`,
        ),
      )
    if (!(checked.difference < tolerance))
      return E.left(
        new SetupError(
          'CheckFailed',
          `a convolution on ${checked.device} differs from plain JavaScript by ${checked.difference.toExponential(1)} of its largest value, more than ${tolerance}`,
        ),
      )
    const addon = await fileOf(compiled.right)
    const path = join(cache, `${addon.sha256.slice(0, 16)}.node`)
    const provenance: Provenance = {
      addon: { ...addon, path },
      tensorflow: {
        version: checked.version,
        cuda: library.cuda,
        folder: library.folder,
        libraries: await Promise.all(library.libraries.map((file) => fileOf(file))),
      },
      source: { name: sources.name, version: sources.version, patches: patches.map(({ name }) => name) },
      headers: `node-api-headers ${sources.headers.version}`,
      compiler: compiler.version,
      node: process.versions.node,
      machine: `${process.platform}-${process.arch}`,
      checked: { device: checked.device, difference: checked.difference },
      built: new Date().toISOString(),
    }
    const note = join(folder, 'provenance.json')
    await writeFile(note, `${JSON.stringify(provenance, null, 2)}\n`)
    // The note last: it names an addon that is there.
    await rename(compiled.right, path)
    await rename(note, provenanceFile(cache))
    return E.right(provenance)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * Builds the addon of `@tensorflow/tfjs-node` against the library of an installed pip TensorFlow, for the CPU or CUDA
 * 12; compares a convolution with plain JavaScript in another process; and keeps the addon with its provenance, where
 * `useNative` finds it. The library stays where it is. Takes a compiler and half a minute.
 *
 * @param options where TensorFlow is
 * @returns a task of where the addon comes from, or of a `SetupError` that names all that is missing
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { setupNative } from '@resfn/native'
 *
 * const result = await setupNative({ libtensorflow: '/nowhere' })()
 * assert.equal(result._tag, 'Left')
 * ```
 */
export const setupNative =
  (options: SetupOptions): TE.TaskEither<SetupError, Provenance> =>
  async () => {
    const parts = await findParts(options)
    if (E.isLeft(parts)) return parts
    const folder = options.folder ?? nativeCache()
    const made = await makeFolder(folder)()
    if (E.isLeft(made)) return E.left(new SetupError('CannotWrite', made.left.message))
    try {
      return await build(parts.right, folder, options.report ?? (() => {}))
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      return E.left(
        new SetupError(
          'CannotWrite',
          `cannot keep the addon in ${folder}: ${message}; free some space, or check the permissions`,
        ),
      )
    }
  }
