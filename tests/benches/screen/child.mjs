// A program beside this one that answers one order at a time.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export class Child {
  #own;
  #waiting;

  constructor(file) {
    this.#own = fork(fileURLToPath(new URL(file, import.meta.url)), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#own.on('message', ({ done, failed }) => {
      const waiting = this.#waiting;
      this.#waiting = undefined;
      if (failed === undefined) waiting?.resolve(done);
      else waiting?.reject(new Error(failed));
    });
    this.#own.on('exit', (code) => this.#waiting?.reject(new Error(`${file} ended with ${code}`)));
  }

  async ask(order, asked = {}) {
    return await new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#own.send({ order, ...asked });
    });
  }

  close() {
    this.#own.removeAllListeners('exit');
    this.#own.kill();
  }
}
