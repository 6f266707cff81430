/** Texts of a source that are replaced when it is compiled; each must be there exactly once. */
export type Patch = { readonly name: string; readonly file: string; readonly from: string; readonly to: string }

/** What is added to the C++ of tfjs-node: a function that tells on which device a tensor is. */
export const patches: readonly Patch[] = [
  {
    name: 'declare the device of a tensor',
    file: 'tfjs_backend.h',
    from: '  napi_value GetNumOfTensors(napi_env env);',
    to: `  napi_value GetTensorDevice(napi_env env, napi_value tensor_id_value);
  napi_value GetNumOfTensors(napi_env env);`,
  },
  {
    name: 'find the device of a tensor',
    file: 'tfjs_backend.cc',
    from: 'napi_value TFJSBackend::GetNumOfTensors(napi_env env) {',
    to: `napi_value TFJSBackend::GetTensorDevice(napi_env env, napi_value tensor_id_value) {
  int32_t tensor_id;
  ENSURE_NAPI_OK_RETVAL(env, napi_get_value_int32(env, tensor_id_value, &tensor_id), nullptr);
  auto entry = tfe_handle_map_.find(tensor_id);
  if (entry == tfe_handle_map_.end()) {
    NAPI_THROW_ERROR(env, "There is no tensor %d", tensor_id);
    return nullptr;
  }
  TF_AutoStatus tf_status;
  const char *name = TFE_TensorHandleBackingDeviceName(entry->second, tf_status.status);
  ENSURE_TF_OK_RETVAL(env, tf_status, nullptr);
  napi_value result;
  ENSURE_NAPI_OK_RETVAL(env, napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &result), nullptr);
  return result;
}

napi_value TFJSBackend::GetNumOfTensors(napi_env env) {`,
  },
  {
    name: 'call it from JavaScript',
    file: 'tfjs_binding.cc',
    from: 'static napi_value GetNumOfTensors(napi_env env, napi_callback_info info) {',
    to: `static napi_value TensorDevice(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value args[1];
  ENSURE_NAPI_OK_RETVAL(env, napi_get_cb_info(env, info, &argc, args, nullptr, nullptr), nullptr);
  TFJSBackend *const backend = GetTFJSBackend(env);
  if (!backend || argc < 1) return nullptr;
  return backend->GetTensorDevice(env, args[0]);
}

static napi_value GetNumOfTensors(napi_env env, napi_callback_info info) {`,
  },
  {
    name: 'export it',
    file: 'tfjs_binding.cc',
    from: '      {"getNumOfTensors", nullptr, GetNumOfTensors,',
    to: `      {"tensorDevice", nullptr, TensorDevice, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"getNumOfTensors", nullptr, GetNumOfTensors,`,
  },
]

/** The sources with all patches in, or the first one that does not fit. */
export const applyPatches = (
  sources: { readonly [file: string]: string },
  all: readonly Patch[] = patches,
): { readonly sources: { readonly [file: string]: string } } | { readonly misfit: Patch } => {
  const patched = { ...sources }
  for (const patch of all) {
    const parts = patched[patch.file]?.split(patch.from) ?? []
    if (parts.length !== 2) return { misfit: patch }
    patched[patch.file] = parts.join(patch.to)
  }
  return { sources: patched }
}
