import { wholeFrom } from '../text/numbers.ts'

type Flag<T> = {
  readonly kind: 'parsed'
  readonly parse: (text: string) => T
  readonly brief: string
  readonly placeholder: string
  readonly proposeCompletions?: () => Promise<readonly string[]>
}

/**
 * Names that a flag or an argument could be given, for completion in a shell. They are loaded when they are asked for.
 */
export const proposals: {
  readonly nets: () => Promise<readonly string[]>
  readonly lessons: () => Promise<readonly string[]>
  readonly presets: () => Promise<readonly string[]>
  readonly backends: () => Promise<readonly string[]>
  readonly formats: () => Promise<readonly string[]>
} = {
  nets: async () => Object.keys((await import('@resfn/archs')).nets),
  lessons: async () => ['all', ...(await import('@resfn/lessons')).lessons.map(({ name }) => name)],
  presets: async () => Object.keys((await import('@resfn/recipe/presets')).presets),
  formats: async () => [
    ...new Set(Object.values((await import('@resfn/archs')).nets).flatMap(({ keys }) => Object.keys(keys ?? {}))),
  ],
  backends: async () => ['auto', ...Object.keys((await import('@resfn/runtime')).adapters)],
}

type OptionalFlag<T> = Flag<T> & { readonly optional: true }

/** A flag that need not be given. */
export const optional = <T>(parse: (text: string) => T, placeholder: string, brief: string): OptionalFlag<T> => ({
  kind: 'parsed',
  parse,
  brief,
  placeholder,
  optional: true,
})

/** A flag with a default, as text. */
export const withDefault = <T>(
  parse: (text: string) => T,
  placeholder: string,
  value: string,
  brief: string,
): Flag<T> & { readonly default: string } => ({ kind: 'parsed', parse, brief, placeholder, default: value })

/** Which program published the weights. */
export const formatFlag = (brief: string): OptionalFlag<string> => ({
  ...optional(String, 'name', brief),
  proposeCompletions: proposals.formats,
})

/** The flags that every command has. */
export const commonFlags = {
  json: { kind: 'boolean', brief: 'Print one JSON document on standard output and nothing else', default: false },
  debug: { kind: 'boolean', brief: 'Print the stack of errors', default: false },
} as const

/** The flags of all commands that run a net. */
export const backendFlags: {
  readonly backend: Flag<string> & { readonly default: string }
  readonly threads: Flag<number> & { readonly default: string }
} = {
  backend: {
    ...withDefault(String, 'name', 'auto', 'auto, wasm, native, cpu, …'),
    proposeCompletions: proposals.backends,
  },
  threads: withDefault(wholeFrom(0), 'n', '0', 'Threads of WASM and native; 0 for all cores'),
}

/** Which images a command takes. */
export const dataFlag: Flag<string> & { readonly default: string } = withDefault(
  String,
  'dir|subset',
  'auto',
  'A folder with the files of Fashion-MNIST or CIFAR, or of photos; subset for the images that come with resfn, or auto',
)

/** What the flags of all commands that read a checkpoint give. */
export type CheckpointFlags = { readonly data?: string; readonly net?: string; readonly normalise?: boolean }

/** The flags of all commands that read a checkpoint. */
export const checkpointFlags: {
  readonly data: OptionalFlag<string>
  readonly net: OptionalFlag<string>
  readonly normalise: {
    readonly kind: 'boolean'
    readonly brief: string
    readonly optional: true
    readonly withNegated: true
  }
} = {
  data: optional(
    String,
    'dir|subset',
    'A folder with the files of the data set, or subset for the images that come with resfn (default: the images of the run)',
  ),
  net: {
    ...optional(String, 'name', 'The net to build, for a checkpoint that another program wrote; see resfn nets'),
    proposeCompletions: proposals.nets,
  },
  normalise: {
    kind: 'boolean',
    brief: 'Shift and scale the images by mean and deviation (default: as the run did)',
    optional: true,
    withNegated: true,
  },
}

/** The argument that names a net with weights. */
export const netParameter: {
  readonly brief: string
  readonly parse: (text: string) => string
  readonly placeholder: string
} = { brief: 'Run, checkpoint, folder with config.json, or hub id', parse: String, placeholder: 'net' }

/** The argument that names a net, whether it has weights or not. */
export const anyNetParameter: typeof netParameter & { readonly proposeCompletions: () => Promise<readonly string[]> } =
  {
    ...netParameter,
    brief: 'Name of a net, run, checkpoint, folder with config.json, or hub id',
    proposeCompletions: proposals.nets,
  }

/** The flag of commands over many pictures. */
export const strictFlag = {
  kind: 'boolean',
  brief: 'Stop at the first picture that cannot be read',
  default: false,
} as const

/** The flags of the commands in which a net looks at pictures. */
export const lookFlags: {
  readonly net: Flag<string>
  readonly invert: {
    readonly kind: 'enum'
    readonly values: readonly ['auto', 'yes', 'no']
    readonly brief: string
    readonly default: 'auto'
  }
} & typeof backendFlags = {
  net: { kind: 'parsed', parse: String, placeholder: 'run', brief: 'The run, checkpoint, folder or hub id that looks' },
  invert: { kind: 'enum', values: ['auto', 'yes', 'no'], brief: 'Swap light and dark', default: 'auto' },
  ...backendFlags,
}
