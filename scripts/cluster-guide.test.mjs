// @ts-check
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { root } from './run.mjs'

const guide = readFileSync(join(root, 'docs', 'guides', 'cluster.md'), 'utf8')
const manifests = [...guide.matchAll(/```yaml\n([\s\S]*?)```/g)].flatMap(([, text]) => {
  const documents = parseAllDocuments(text ?? '')
  if (!Array.isArray(documents)) throw new Error('a block without a document')
  for (const { errors } of documents) expect(errors).toEqual([])
  return documents.map((document) => document.toJS())
})
const ofKind = (/** @type {string} */ kind) => manifests.find((manifest) => manifest.kind === kind)

/** What a pod needs to be one: containers with an image, and a volume for each mount. */
const checkPod = (/** @type {any} */ { spec }) => {
  for (const { name, image, volumeMounts = [] } of spec.containers) {
    expect([typeof name, typeof image]).toEqual(['string', 'string'])
    const volumes = (spec.volumes ?? []).map((/** @type {any} */ volume) => volume.name)
    for (const mount of volumeMounts) expect(volumes).toContain(mount.name)
  }
  // Long enough for what mpirun waits before it kills.
  expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(50)
}

describe('the manifests of the cluster guide', () => {
  it('are those that it names', () => {
    expect(manifests.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`)).toEqual([
      'kubeflow.org/v2beta1 MPIJob',
      'v1 Service',
      'batch/v1 Job',
    ])
  })

  it('have an MPIJob with one launcher and as many workers as ranks', () => {
    const { Launcher, Worker } = ofKind('MPIJob').spec.mpiReplicaSpecs
    expect(Launcher.replicas).toBe(1)
    const [{ command, args }] = Launcher.template.spec.containers
    expect(command).toEqual(['mpirun'])
    expect(args.every((/** @type {unknown} */ arg) => typeof arg === 'string')).toBe(true)
    expect(Number(args[args.indexOf('-np') + 1])).toBe(Worker.replicas * ofKind('MPIJob').spec.slotsPerWorker)
    for (const { template } of [Launcher, Worker]) checkPod(template)
  })

  it('have an Indexed Job whose hosts are its pods', () => {
    const { spec, metadata } = ofKind('Job')
    expect(spec).toMatchObject({ completionMode: 'Indexed', completions: spec.parallelism })
    checkPod(spec.template)
    const [script] = spec.template.spec.containers[0].args
    const hosts = Array.from(
      { length: spec.completions },
      (_, i) => `${metadata.name}-${i}.${spec.template.spec.subdomain}`,
    )
    expect(script).toContain(`hosts=${hosts.join(',')}\n`)
    expect(script).toContain(`-np ${spec.completions} `)
    const service = ofKind('Service')
    expect([service.metadata.name, service.spec.clusterIP]).toEqual([spec.template.spec.subdomain, 'None'])
  })
})
