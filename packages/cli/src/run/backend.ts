import { env } from '@tensorflow/tfjs-core'
import { adapters, chooseBackend, type Chosen, describeBackend } from '@resfn/runtime'
import { type Context, say } from '../context/context.ts'
import { unwrap } from '../error.ts'
import { checkName } from '../text/nearest.ts'

/** What `--backend` and `--threads` ask for; 0 threads are all cores. */
export type BackendFlags = { readonly backend: string; readonly threads: number }

/** Checks the name of a backend before anything is loaded; throws a `CliError` with the names nearest to it. */
export const checkBackend = (name: string): void => {
  const names = ['auto', ...Object.keys(adapters)]
  checkName('backend', name, names, `those known are ${names.join(', ')}; resfn doctor says what works here`)
}

/** Makes a backend current and says which and why. */
export const startBackend = async (context: Context, { backend, threads: asked }: BackendFlags): Promise<Chosen> => {
  checkBackend(backend)
  // Ranks of one machine share its cores.
  const threads = asked > 0 || context.ranks === undefined ? asked : context.cores
  // Without it tfjs advises to install another backend whenever the plain one starts.
  env().set('PROD', true)
  const chosen = unwrap(await chooseBackend(backend, threads > 0 ? { threads } : {})())
  say(context, describeBackend(chosen))
  return chosen
}
