export { defineKernel, type Definition, type Inputs, type Saved, type Settings } from './kernel.ts'
