import { env } from '@tensorflow/tfjs-core'
import { chooseBackend, type Chosen, describeBackend } from '@resfn/runtime'
import { function as F, taskEither as TE } from 'fp-ts'
import { type Context, say } from './context.ts'
import { type CliError, toCliError } from './error.ts'
import { knownBackend } from './settings.ts'

/** What `--backend` and `--threads` ask for; 0 threads are all cores. */
export type BackendFlags = { readonly backend: string; readonly threads: number }

/** Makes a backend current and says which and why. */
export const startBackend = (context: Context, { backend, threads }: BackendFlags): TE.TaskEither<CliError, Chosen> =>
  F.pipe(
    TE.fromEither(knownBackend(backend)),
    TE.flatMap((name) => {
      // Else tfjs advises to install another backend whenever the plain one starts.
      env().set('PROD', true)
      return F.pipe(chooseBackend(name, threads > 0 ? { threads } : {}), TE.mapLeft(toCliError))
    }),
    TE.tapIO((chosen) => () => say(context, describeBackend(chosen))),
  )
