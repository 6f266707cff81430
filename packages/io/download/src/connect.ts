import { open } from 'node:fs/promises'
import { reasonOf } from './error.ts'
import { sizeOf } from './partial-file.ts'
import type { Download } from './request.ts'

/** How one connection ended; `oversized`: the partial file cannot be the beginning of the file. */
export type Outcome =
  | { readonly kind: 'ended' }
  | { readonly kind: 'broken'; readonly reason: string }
  | { readonly kind: 'refused'; readonly status: number; readonly answer: string }
  | { readonly kind: 'oversized' }

/** Ends a connection that brings nothing for a while. */
type Watch = {
  readonly signal: AbortSignal
  readonly alive: () => void
  readonly stop: () => void
  readonly broken: (error: unknown) => Outcome
}

const watch = (stall: number): Watch => {
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(new Error(`no byte for ${stall} ms`)), stall)
  return {
    signal: abort.signal,
    alive: () => void timer.refresh(),
    stop: () => clearTimeout(timer),
    broken: (error) => ({ kind: 'broken', reason: reasonOf(abort.signal.aborted ? abort.signal.reason : error) }),
  }
}

type Body = { readonly kind: 'body'; readonly from: number; readonly reader: ReadableStreamDefaultReader<Uint8Array> }

/**
 * Whether a status of HTTP may be another one next time: 408, 425, 429 and those from 500 on.
 *
 * @see RFC 9110, section 15
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { isTemporary } from '@resfn/download'
 *
 * assert.deepEqual([503, 404].map(isTemporary), [true, false])
 * ```
 */
export const isTemporary = (status: number): boolean =>
  status === 408 || status === 425 || status === 429 || status >= 500

/** What the answer to a request for the bytes from `have` on means. */
const meaningOf = (response: Response, have: number): Outcome | Omit<Body, 'reader'> => {
  const answer = `${response.status} ${response.statusText}`.trim()
  // A server may ignore the range and send all: then the file starts anew.
  if (response.status === 200) return { kind: 'body', from: 0 }
  if (response.status === 206) {
    const from = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1]
    return Number(from) === have
      ? { kind: 'body', from: have }
      : { kind: 'broken', reason: 'the server sent another range than it was asked for' }
  }
  if (response.status === 416) return { kind: 'oversized' }
  return isTemporary(response.status)
    ? { kind: 'broken', reason: `the server answered ${answer}` }
    : { kind: 'refused', status: response.status, answer }
}

const ask = async ({ url, headers }: Download, have: number, { signal, broken }: Watch): Promise<Outcome | Body> => {
  try {
    // Identity: with a Content-Encoding the offsets would be those of other bytes.
    const range: Readonly<Record<string, string>> = have > 0 ? { range: `bytes=${have}-` } : {}
    const response = await fetch(url, { headers: { ...headers, 'accept-encoding': 'identity', ...range }, signal })
    const meaning = meaningOf(response, have)
    if (meaning.kind === 'body' && response.body !== null) return { ...meaning, reader: response.body.getReader() }
    await response.body?.cancel()
    return meaning.kind === 'body' ? { kind: 'broken', reason: 'the server sent nothing' } : meaning
  } catch (error) {
    return broken(error)
  }
}

/** Writes what comes after the first `from` bytes of the partial file. */
const append = async (
  { from, reader }: Body,
  { bytes, onProgress }: Download,
  partial: string,
  { alive, broken }: Watch,
): Promise<Outcome> => {
  const file = await open(partial, from === 0 ? 'w' : 'a')
  try {
    let received = from
    for (;;) {
      const next = await reader.read().catch(broken)
      if ('kind' in next) return next
      alive()
      if (next.done)
        return received === bytes
          ? { kind: 'ended' }
          : { kind: 'broken', reason: `the connection ended after ${received} of ${bytes} bytes` }
      received += next.value.length
      if (received > bytes) {
        await reader.cancel()
        return { kind: 'oversized' }
      }
      await file.write(next.value)
      onProgress?.(received)
    }
  } finally {
    await file.close()
  }
}

/**
 * One connection: asks for what is missing and appends it to the partial file. Rejects only if the file cannot be
 * written.
 */
export const connect = async (wanted: Download, partial: string): Promise<Outcome> => {
  const have = await sizeOf(partial)
  if (have === wanted.bytes) return { kind: 'ended' }
  if (have > wanted.bytes) return { kind: 'oversized' }
  const watched = watch(wanted.stall ?? 30_000)
  try {
    const answer = await ask(wanted, have, watched)
    return answer.kind === 'body' ? await append(answer, wanted, partial, watched) : answer
  } finally {
    watched.stop()
  }
}
