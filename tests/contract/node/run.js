// Plays steps with the official Node clients: JSON on stdin, one JSON list of outcomes on stdout.
//
// {"cos": {options of COS}, "steps": [{"call": "putObject", "params": {…}, "body": base64}]}
// A step with "sts" instead of "call" asks qcloud-cos-sts for temporary keys.
'use strict';

const fs = require('node:fs');
const axios = require('axios');
const COS = require('cos-nodejs-sdk-v5');
const STS = require('qcloud-cos-sts');

// qcloud-cos-sts knows https only, and the emulator speaks http.
axios.interceptors.request.use((config) => ({
  ...config,
  url: config.url.replace(/^https:/, 'http:'),
}));

function plain(value) {
  return JSON.parse(
    JSON.stringify(value, (_, held) =>
      held && held.type === 'Buffer' ? Buffer.from(held.data).toString('base64') : held,
    ),
  );
}

function refusal(error) {
  return {
    status: error.statusCode ?? null,
    code: error.code ?? error.Code ?? null,
    message: error.message ?? error.Message ?? String(error),
  };
}

async function play(cos, step) {
  if (step.sts) return STS.getCredential(step.sts);
  if (step.policy) return STS.getPolicy(step.policy);
  const params = { ...step.params };
  if (step.body !== undefined) params.Body = Buffer.from(step.body, 'base64');
  if (step.call === 'getObjectUrl') return cos.getObjectUrl({ Sign: true, ...params });
  return cos[step.call](params);
}

async function main() {
  const input = JSON.parse(fs.readFileSync(0, 'utf8'));
  const cos = new COS(input.cos);
  const outcomes = [];
  for (const step of input.steps) {
    try {
      outcomes.push({ data: plain(await play(cos, step)) });
    } catch (error) {
      outcomes.push({ error: refusal(error) });
    }
  }
  process.stdout.write(JSON.stringify(outcomes));
}

main();
