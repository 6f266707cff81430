import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { namesIn } from '../names-in.ts'

/** What of an installed TensorFlow the addon needs. */
export type Library = {
  /** The folder `tensorflow` of the package. */
  readonly folder: string
  readonly version: string
  readonly cuda: boolean
  readonly libraries: readonly string[]
  readonly include: string
  /** Folders with the libraries of CUDA that pip brings. */
  readonly more: readonly string[]
}

/** The oldest TensorFlow whose package has the library with its C interface apart from Python. */
export const oldestVersion = [2, 12] as const

const libraryNames = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'] as const
const header = join('include', 'tensorflow', 'c', 'eager', 'c_api.h')

/** Where the package may be below a folder that somebody names: itself, its `site-packages`, a virtual environment. */
const candidates = (folder: string): readonly string[] => [
  folder,
  join(folder, 'tensorflow'),
  ...['lib', 'lib64'].flatMap((lib) =>
    namesIn(join(folder, lib))
      .filter((name) => name.startsWith('python'))
      .map((name) => join(folder, lib, name, 'site-packages', 'tensorflow')),
  ),
]

const textOf = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** The version in the headers; they hold it in one of two files, by version. */
const versionIn = (include: string): string | undefined => {
  const text = ['version.h', 'release_version.h']
    .map((name) => textOf(join(include, 'tensorflow', 'core', 'public', name)))
    .join('\n')
  const parts = ['MAJOR', 'MINOR', 'PATCH'].map(
    (part) => new RegExp(`#\\s*define\\s+TF_${part}_VERSION\\s+(\\d+)`).exec(text)?.[1],
  )
  return parts.includes(undefined) ? undefined : parts.join('.')
}

/** The version that pip notes beside the package. */
const versionBeside = (folder: string): string | undefined =>
  namesIn(join(folder, '..')).flatMap(
    (name) => /^tensorflow(?:_cpu|_gpu|_intel)?-(\d+\.\d+\.\d+).*\.dist-info$/.exec(name)?.[1] ?? [],
  )[0]

/** The TensorFlow in a folder, or what is missing there. */
export const findLibrary = (named: string): Library | { readonly missing: readonly string[] } => {
  const get = 'python3 -m venv tf && tf/bin/pip install --no-deps tensorflow-cpu, then name the folder tf'
  if (!existsSync(named)) return { missing: [`the folder ${named} (${get})`] }
  const found = candidates(named).find((folder) => libraryNames.some((name) => existsSync(join(folder, name))))
  if (found === undefined)
    return {
      missing: [`${libraryNames[0]} in ${named}, which is not the folder of an installed pip TensorFlow (${get})`],
    }
  const include = join(found, 'include')
  const missing = [...libraryNames, header]
    .filter((name) => !existsSync(join(found, name)))
    .map((name) => `${join(found, name)} (install TensorFlow again: the package has it from 2.12 on)`)
  const version = versionIn(include) ?? versionBeside(found)
  if (version === undefined) missing.push(`the version of TensorFlow, which ${include} should tell`)
  if (missing.length > 0 || version === undefined) return { missing }
  const nvidia = join(found, '..', 'nvidia')
  return {
    folder: found,
    version,
    cuda: /'is_cuda_build',\s*True/.test(textOf(join(found, 'python', 'platform', 'build_info.py'))),
    libraries: libraryNames.map((name) => join(found, name)),
    include,
    more: namesIn(nvidia)
      .map((name) => join(nvidia, name, 'lib'))
      .filter((folder) => existsSync(folder)),
  }
}

/** Whether the addon fits this version. */
export const isSupported = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major === oldestVersion[0] && minor >= oldestVersion[1]
}
