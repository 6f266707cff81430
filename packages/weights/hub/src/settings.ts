import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where nets come from and are kept. */
export type HubSettings = {
  /** the hub, or a mirror of it */
  readonly endpoint: string
  /** the folder of the cache that is shared with Python's `huggingface_hub` */
  readonly cache: string
  /** whether only the cache is looked at */
  readonly offline: boolean
  /** sent to the hub, for repositories that are not for all */
  readonly token?: string
}

const atHome = (path: string): string => (/^~(?=$|[/\\])/.test(path) ? join(homedir(), path.slice(1)) : path)

const isTrue = (value: string | undefined): boolean => /^(1|on|yes|true)$/i.test(value ?? '')

/**
 * The settings that Python's `huggingface_hub` takes from the same variables: `HF_ENDPOINT`, `HF_HUB_CACHE`, `HF_HOME`,
 * `XDG_CACHE_HOME`, `HF_HUB_OFFLINE` and `HF_TOKEN`.
 *
 * @param env the variables of the environment
 * @see huggingface_hub, "Environment variables"
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { hubSettings } from '@resfn/hub'
 *
 * const { endpoint, cache, offline } = hubSettings({ HF_HUB_CACHE: 'models', HF_HUB_OFFLINE: '1' })
 * assert.deepEqual([endpoint, cache, offline], ['https://huggingface.co', 'models', true])
 * ```
 */
export const hubSettings = (env: Readonly<Partial<Record<string, string>>>): HubSettings => {
  // A variable that is set to nothing is not set.
  const named = (...names: readonly string[]): string | undefined =>
    names.map((name) => env[name]?.trim()).find((value) => value !== undefined && value !== '')
  const home = named('HF_HOME') ?? join(named('XDG_CACHE_HOME') ?? join(homedir(), '.cache'), 'huggingface')
  const token = named('HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN')
  return {
    endpoint: (named('HF_ENDPOINT') ?? 'https://huggingface.co').replace(/\/+$/, ''),
    cache: atHome(named('HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE') ?? join(home, 'hub')),
    offline: isTrue(named('HF_HUB_OFFLINE', 'TRANSFORMERS_OFFLINE')),
    ...(token === undefined ? {} : { token }),
  }
}
