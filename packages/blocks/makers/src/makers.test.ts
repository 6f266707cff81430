import { expect, expectTypeOf, it } from 'vitest'
import { relu, tanh } from '@resfn/activation'
import { batchNorm } from '@resfn/batch-norm'
import { conv2d } from '@resfn/conv2d'
import type { AnyLayer, ParamsOf } from '@resfn/layer'
import { scale, type ScaleParams } from '@resfn/scale'
import { type BatchNorm, type Makers, makers, makersOr } from './makers.ts'

it('makes convolutions, batch normalisations with their defaults, and ReLU', () => {
  expect(makers.conv).toBe(conv2d)
  expect(makers.act).toBe(relu)
  expect(makers.norm().plan([4])).toEqual(batchNorm().plan([4]))
  expect(Object.keys(makers)).toEqual(['conv', 'norm', 'act'])
})

it('keeps the makers that it is given, with the type of their normalisation', () => {
  const own: Makers<ReturnType<typeof scale>> = { ...makers, norm: () => scale({ per: 'channel' }), act: tanh }
  expect(makersOr(own)).toBe(own)
  expect(makersOr(undefined)).toBe(makers)
  const { norm } = makersOr(own)
  expectTypeOf<ParamsOf<ReturnType<typeof norm>>>().toEqualTypeOf<ScaleParams>()
  expectTypeOf(makersOr(undefined)).toEqualTypeOf<Makers<BatchNorm>>()
  expectTypeOf<Makers<AnyLayer>>().not.toEqualTypeOf<Makers>()
})
