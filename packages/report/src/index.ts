export * from './markdown.ts'
