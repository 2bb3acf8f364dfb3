/**
 * Ends a process of tests when nothing is left to do, without Node's own dismantling after that, in which Node 24 can turn for ever:
 * `uv_run` within `Environment::CleanupHandles`, seen once after all tests had passed. A test that leaves something open keeps its
 * process alive as before, since 'exit' comes only when the event loop is empty.
 */
process.once("exit", () => {
  process.exit();
});
