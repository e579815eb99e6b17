// A file of its own, so that the bundler splits it off: only a push needs the client (500 KB, 50 ms).
export { getOctokit } from '@actions/github'
