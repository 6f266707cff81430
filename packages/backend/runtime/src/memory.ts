import { version_core } from '@tensorflow/tfjs-core'
import { nodeVersion } from './environment.ts'

/** A measurement: the fastest backend, what ran then in words, and milliseconds by backend. */
export type Measured = {
  readonly fastest: string
  readonly details: string
  readonly milliseconds: { readonly [backend: string]: number }
}

/** Where measurements are kept from one start to the next. What cannot be read or written is measured again. */
export type Memory = {
  readonly read: (key: string) => Promise<unknown>
  readonly write: (key: string, value: Measured) => Promise<void>
}

type Machine = {
  readonly navigator?: { readonly userAgent?: string; readonly hardwareConcurrency?: number }
  readonly process?: { readonly arch?: string; readonly platform?: string; readonly availableMemory?: unknown }
}

/** What a measurement holds for: this machine, this engine, these backends. */
export const machineKey = (backends: readonly string[], cores: number): string => {
  const { navigator, process } = globalThis as Machine
  return JSON.stringify([
    version_core,
    backends,
    cores,
    nodeVersion() ?? navigator?.userAgent,
    process?.arch,
    process?.platform,
  ])
}

/** What was read, if it is a measurement of these backends. */
export const checkedMeasurement = (value: unknown, backends: readonly string[]): Measured | undefined => {
  const { fastest, details, milliseconds } = (value ?? {}) as Partial<Measured>
  const whole =
    typeof fastest === 'string' &&
    backends.includes(fastest) &&
    typeof details === 'string' &&
    typeof milliseconds === 'object'
  return whole ? (value as Measured) : undefined
}
