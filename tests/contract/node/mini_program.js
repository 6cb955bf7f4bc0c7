// Plays steps with cos-wx-sdk-v5, the official client for mini-programs, as run.js does for Node.
//
// The few functions of WeChat that the SDK calls are here, over node:http. The SDK knows https only,
// and the emulator speaks http: only the connection goes elsewhere, the host stays the bucket's.
'use strict';

const fs = require('node:fs');
const http = require('node:http');

const input = JSON.parse(fs.readFileSync(0, 'utf8'));

function send(options, method, header, chunks) {
  const url = new URL(options.url);
  const request = http.request(
    { host: input.cos.Ip.split(':')[0], port: input.cos.Ip.split(':')[1], method,
      path: url.pathname + url.search, headers: { ...header, Host: url.host } },
    (reply) => {
      const parts = [];
      reply.on('data', (chunk) => parts.push(chunk));
      reply.on('end', () => options.success({
        statusCode: reply.statusCode, header: reply.headers, data: Buffer.concat(parts).toString(),
      }));
    },
  );
  request.on('error', (error) => options.fail({ errMsg: String(error) }));
  for (const chunk of chunks) request.write(chunk);
  request.end();
  return { abort: () => request.destroy(), onProgressUpdate: () => {} };
}

function uploadFile(options) {
  const line = '--wx-boundary\r\nContent-Disposition: form-data; name=';
  const fields = Object.entries(options.formData).map(
    ([name, value]) => `${line}"${name}"\r\n\r\n${value}\r\n`,
  );
  const file = `${line}"${options.name}"; filename="f"\r\nContent-Type: application/pdf\r\n\r\n`;
  const header = { ...options.header, 'Content-Type': 'multipart/form-data; boundary=wx-boundary' };
  return send(options, 'POST', header, [
    ...fields, file, fs.readFileSync(options.filePath), '\r\n--wx-boundary--\r\n',
  ]);
}

function request(options) {
  const body = options.data === undefined ? [] : [Buffer.from(options.data)];
  const length = { 'Content-Length': String(Buffer.concat(body).length) };
  return send(options, options.method, { ...options.header, ...length }, body);
}

// The published bundle hangs itself on `window`.
global.window = global;
const storage = new Map();
global.wx = {
  request,
  uploadFile,
  canIUse: () => false,
  getStorageSync: (key) => storage.get(key),
  setStorageSync: (key, value) => storage.set(key, value),
  removeStorageSync: (key) => storage.delete(key),
  getNetworkType: ({ success }) => success({ networkType: 'wifi' }),
  getSystemInfoSync: () => ({}),
  getFileSystemManager: () => ({
    stat: ({ path, success }) => success({ stats: fs.statSync(path) }),
    readFile: ({ filePath, position = 0, length, success }) => {
      const whole = fs.readFileSync(filePath);
      const part = whole.subarray(position, length === undefined ? undefined : position + length);
      success({ data: part.buffer.slice(part.byteOffset, part.byteOffset + part.length) });
    },
  }),
};

const COS = require('cos-wx-sdk-v5');

function play(cos, step) {
  return new Promise((resolve) => {
    cos[step.call](step.params, (error, data) => {
      if (!error) return resolve({ data: JSON.parse(JSON.stringify(data)) });
      const told = error.error ?? {};
      resolve({
        error: {
          status: error.statusCode ?? null,
          code: told.Code ?? error.code ?? null,
          message: String(told.Message ?? error.message),
        },
      });
    });
  });
}

async function main() {
  const cos = new COS(input.cos);
  const outcomes = [];
  for (const step of input.steps) outcomes.push(await play(cos, step));
  process.stdout.write(JSON.stringify(outcomes));
}

main();
