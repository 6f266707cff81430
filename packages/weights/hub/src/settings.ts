import { readFileSync } from 'node:fs'
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

/** The token that `hf auth login` wrote, if it did. */
const storedToken = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** A token without the ends of lines around it; nothing where nothing is left. */
const cleaned = (token: string | undefined): string | undefined => {
  const text = token?.replaceAll(/[\r\n]/g, '').trim()
  return text === '' ? undefined : text
}

/**
 * The settings that Python's `huggingface_hub` takes from the same variables: `HF_ENDPOINT`, `HF_HUB_CACHE`, `HF_HOME`,
 * `XDG_CACHE_HOME`, `HF_HUB_OFFLINE`, `HF_TOKEN`, `HF_TOKEN_PATH` and `HF_HUB_DISABLE_IMPLICIT_TOKEN`. Without a token
 * in them it is the one in the file that `hf auth login` writes, `~/.cache/huggingface/token`.
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
  const expanded = (path: string): string =>
    atHome(path).replaceAll(/\$(\w+|\{[^}]*\})/g, (whole, name: string) => env[name.replaceAll(/[{}]/g, '')] ?? whole)
  const home = expanded(named('HF_HOME') ?? join(named('XDG_CACHE_HOME') ?? join(homedir(), '.cache'), 'huggingface'))
  const tokenPath = expanded(named('HF_TOKEN_PATH') ?? join(home, 'token'))
  const isSent = !isTrue(named('HF_HUB_DISABLE_IMPLICIT_TOKEN'))
  const token = isSent
    ? (cleaned(named('HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN')) ?? cleaned(storedToken(tokenPath)))
    : undefined
  return {
    endpoint: (named('HF_ENDPOINT') ?? 'https://huggingface.co').replace(/\/+$/, ''),
    cache: expanded(named('HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE') ?? join(home, 'hub')),
    offline: isTrue(named('HF_HUB_OFFLINE', 'TRANSFORMERS_OFFLINE')),
    ...(token === undefined ? {} : { token }),
  }
}
