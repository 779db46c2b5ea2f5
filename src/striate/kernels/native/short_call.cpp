// A program's call as Python makes it when nothing has changed since the call before.
//
// A network of 80,000 weights takes 15 microseconds for an image, and as long again is what Python
// takes to look at the model, the array and the addresses, piece by piece. Here it is a tenth of
// that. Whatever is not as it was is left to kernels/short_call.py, which also says what is asked.
//
// Everything here runs under Python's lock, but for the program itself. Where Python's headers are
// missing, this file is empty, and program_run is called through ctypes.
#if __has_include(<Python.h>)
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <cstring>

#include "program.h"

using namespace striate;

namespace {

// What a ShortCall is told, in this order (kernels/short_call.py gives it).
enum Told { ENTRY, RESULT, EMPTY, SILENT, WEIGHTS, THREADS, PREPARE, MAKE, DTYPE, ARRAY, COUNT };

// A weight: which tensor, how often it was written to, where it lies.
struct Weight {
    PyObject *tensor;
    long long writes;
    unsigned long long place;

    bool operator==(const Weight &other) const {
        return tensor == other.tensor && writes == other.writes && place == other.place;
    }
};

struct ShortCall {
    PyObject_HEAD
    PyObject *told;  // a tuple
    PyObject *shape; // of the result: that of the call before
    Weight *weights; // as they were
    Py_ssize_t count;
    Call *call; // as it was prepared, or null
    int64_t images;
    long threads;
    bool busy;  // another thread is inside
    bool stale; // the call must be prepared anew
};

PyObject *told(const ShortCall *self, Told which) { return PyTuple_GET_ITEM(self->told, which); }

bool look(PyObject *tensor, Weight &found) {
    static PyObject *const version = PyUnicode_InternFromString("_version");
    static PyObject *const pointer = PyUnicode_InternFromString("data_ptr");
    Py_INCREF(tensor);
    PyObject *const writes = PyObject_GetAttr(tensor, version);
    PyObject *const place = writes ? PyObject_CallMethodNoArgs(tensor, pointer) : nullptr;
    if (place)
        found = {tensor, PyLong_AsLongLong(writes), PyLong_AsUnsignedLongLong(place)};
    Py_XDECREF(writes);
    Py_XDECREF(place);
    Py_DECREF(tensor);
    return !PyErr_Occurred();
}

// Calls each(weight) for what is in the dicts, until it says false; false: an error.
template <class Each> bool all_weights(PyObject *dicts, Each each) {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(dicts); ++i) {
        PyObject *name, *tensor;
        for (Py_ssize_t at = 0; PyDict_Next(PyTuple_GET_ITEM(dicts, i), &at, &name, &tensor);) {
            Weight weight;
            if (tensor == Py_None)
                continue;
            if (!look(tensor, weight))
                return false;
            if (!each(weight))
                return true;
        }
    }
    return true;
}

// Whether the weights are as they were; -1: an error.
int as_before(const ShortCall *self) {
    Py_ssize_t i = 0;
    bool same = true;
    const bool seen = all_weights(told(self, WEIGHTS), [&](const Weight &weight) {
        same = i < self->count && weight == self->weights[i++];
        return same;
    });
    return seen ? same && i == self->count : -1;
}

// Notes how the weights are; false: an error.
bool note(ShortCall *self) {
    PyObject *const dicts = told(self, WEIGHTS);
    Py_ssize_t room = 0;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(dicts); ++i)
        room += PyDict_Size(PyTuple_GET_ITEM(dicts, i));
    PyMem_Free(self->weights);
    self->weights = static_cast<Weight *>(PyMem_Malloc(room * sizeof(Weight)));
    self->count = 0;
    if (self->weights == nullptr)
        return PyErr_NoMemory() != nullptr;
    return all_weights(dicts, [&](const Weight &weight) {
        if (self->count == room)
            return false;
        self->weights[self->count++] = weight;
        return true;
    });
}

// Whether the dicts are empty and the functions say 0, False or None; -1: an error.
int undisturbed(const ShortCall *self) {
    PyObject *const dicts = told(self, EMPTY), *const functions = told(self, SILENT);
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(dicts); ++i)
        if (PyDict_Size(PyTuple_GET_ITEM(dicts, i)) != 0)
            return PyErr_Occurred() ? -1 : 0;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(functions); ++i) {
        PyObject *const said = PyObject_CallNoArgs(PyTuple_GET_ITEM(functions, i));
        const int is = said ? PyObject_IsTrue(said) : -1;
        Py_XDECREF(said);
        if (is != 0)
            return is < 0 ? -1 : 0;
    }
    return 1;
}

// A dense float32 array of some images of the right size; null without an error: it is not.
class Images {
  public:
    Images(PyObject *x, PyObject *entry) {
        if (PyObject_GetBuffer(x, &view, PyBUF_ND | PyBUF_FORMAT) < 0) {
            PyErr_Clear(); // such as one that is not dense
            return;
        }
        held = true;
        const Py_ssize_t rank = PyTuple_GET_SIZE(entry);
        fits = view.ndim == rank + 1 && view.shape[0] > 0 && std::strcmp(view.format, "f") == 0;
        for (Py_ssize_t i = 0; fits && i < rank; ++i)
            fits = view.shape[i + 1] == PyLong_AsSsize_t(PyTuple_GET_ITEM(entry, i));
    }
    ~Images() {
        if (held)
            PyBuffer_Release(&view);
    }
    Images(const Images &) = delete;
    Images &operator=(const Images &) = delete;

    Py_buffer view;
    bool fits = false;

  private:
    bool held = false;
};

// The result's sizes for so many images.
PyObject *shape_of(PyObject *sizes, int64_t images) {
    const Py_ssize_t rank = PyTuple_GET_SIZE(sizes);
    PyObject *const first = PyLong_FromLongLong(images);
    PyObject *const shape = first ? PyTuple_New(rank + 1) : nullptr;
    if (shape == nullptr) {
        Py_XDECREF(first);
        return nullptr;
    }
    PyTuple_SET_ITEM(shape, 0, first);
    for (Py_ssize_t i = 0; i < rank; ++i)
        PyTuple_SET_ITEM(shape, i + 1, Py_NewRef(PyTuple_GET_ITEM(sizes, i)));
    return shape;
}

// The call for so many images and threads; null: there is none, or an error.
Call *prepared(ShortCall *self, int64_t images, long threads) {
    const bool sizes = self->call && images == self->images && threads == self->threads;
    const int same = sizes && !self->stale ? as_before(self) : 0;
    if (same)
        return same > 0 ? self->call : nullptr;
    // what changes from here on is seen by the next call
    self->call = nullptr, self->stale = false;
    Py_XSETREF(self->shape, shape_of(told(self, RESULT), images));
    if (self->shape == nullptr || !note(self))
        return nullptr;
    PyObject *const place = PyObject_CallFunction(told(self, PREPARE), "Ll",
                                                  static_cast<long long>(images), threads);
    if (place == nullptr)
        return nullptr;
    self->images = images, self->threads = threads;
    self->call = static_cast<Call *>(PyLong_AsVoidPtr(place));
    Py_DECREF(place);
    return self->call;
}

// The result of images; null without an error: the usual way must be taken.
PyObject *computed(ShortCall *self, const Images &x) {
    PyObject *const number = PyObject_CallNoArgs(told(self, THREADS));
    if (number == nullptr)
        return nullptr;
    const long threads = PyLong_AsLong(number);
    Py_DECREF(number);
    Call *const call = prepared(self, x.view.shape[0], threads);
    if (call == nullptr)
        return nullptr;
    PyObject *const arguments[] = {self->shape, told(self, DTYPE)};
    PyObject *y = PyObject_Vectorcall(told(self, MAKE), arguments, 2, nullptr);
    Py_buffer view;
    if (y == nullptr || PyObject_GetBuffer(y, &view, PyBUF_WRITABLE) < 0) {
        Py_XDECREF(y);
        return nullptr;
    }
    const char *const outside[] = {static_cast<char *>(x.view.buf), static_cast<char *>(view.buf)};
    std::memcpy(const_cast<char **>(call->outside), outside, sizeof outside);
    int32_t status;
    Py_BEGIN_ALLOW_THREADS
    status = program_run(call, static_cast<int32_t>(threads));
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&view);
    if (status != OK)
        Py_CLEAR(y); // the usual way says what the matter is
    return y;
}

PyObject *run(PyObject *object, PyObject *x) {
    static PyObject *const numpy = PyUnicode_InternFromString("numpy");
    ShortCall *self = reinterpret_cast<ShortCall *>(object);
    const int can = undisturbed(self);
    if (can < 0)
        return nullptr;
    if (can == 0)
        Py_RETURN_NONE;
    PyObject *array = Py_NewRef(x);
    if (Py_TYPE(x) != reinterpret_cast<PyTypeObject *>(told(self, ARRAY))) {
        Py_SETREF(array, PyObject_CallMethodNoArgs(x, numpy)); // a tensor's
        if (array == nullptr) { // it has gradients, is elsewhere, is conjugated, ...
            PyErr_Clear();
            Py_RETURN_NONE;
        }
    }
    PyObject *found = nullptr;
    {
        const Images images(array, told(self, ENTRY));
        if (images.fits && !self->busy) {
            self->busy = true;
            found = computed(self, images);
            self->busy = false;
        }
    }
    Py_DECREF(array);
    if (found == nullptr && !PyErr_Occurred())
        Py_RETURN_NONE;
    return found;
}

PyObject *forget(PyObject *self, PyObject *) {
    reinterpret_cast<ShortCall *>(self)->stale = true;
    Py_RETURN_NONE;
}

PyObject *create(PyTypeObject *type, PyObject *arguments, PyObject *) {
    if (PyTuple_GET_SIZE(arguments) != COUNT)
        return PyErr_Format(PyExc_TypeError, "ShortCall takes %d arguments", COUNT);
    ShortCall *self = reinterpret_cast<ShortCall *>(type->tp_alloc(type, 0));
    if (self == nullptr)
        return nullptr;
    self->told = Py_NewRef(arguments);
    return reinterpret_cast<PyObject *>(self);
}

int traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(reinterpret_cast<ShortCall *>(self)->told);
    return 0;
}

int clear(PyObject *self) {
    Py_CLEAR(reinterpret_cast<ShortCall *>(self)->told);
    return 0;
}

void destroy(PyObject *object) {
    ShortCall *self = reinterpret_cast<ShortCall *>(object);
    PyTypeObject *const type = Py_TYPE(object);
    PyObject_GC_UnTrack(object);
    clear(object);
    Py_CLEAR(self->shape);
    PyMem_Free(self->weights);
    type->tp_free(object);
    Py_DECREF(type);
}

PyMethodDef methods[] = {
    {"run", run, METH_O, "The result for an array or tensor; None: take the usual way."},
    {"forget", forget, METH_NOARGS, "Has the next call prepared anew."},
    {nullptr, nullptr, 0, nullptr},
};

PyType_Slot slots[] = {
    {Py_tp_new, reinterpret_cast<void *>(create)},
    {Py_tp_traverse, reinterpret_cast<void *>(traverse)},
    {Py_tp_clear, reinterpret_cast<void *>(clear)},
    {Py_tp_dealloc, reinterpret_cast<void *>(destroy)},
    {Py_tp_methods, methods},
    {0, nullptr},
};

PyType_Spec spec = {"striate.kernels._native.ShortCall", sizeof(ShortCall), 0,
                    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, slots};

PyModuleDef definition = {PyModuleDef_HEAD_INIT, "striate.kernels._native", nullptr, -1,
                          nullptr, nullptr, nullptr, nullptr, nullptr};

} // namespace

PyMODINIT_FUNC PyInit__native() {
    PyObject *const module = PyModule_Create(&definition);
    PyObject *const type = module ? PyType_FromSpec(&spec) : nullptr;
    const bool made = type && PyModule_AddObjectRef(module, "ShortCall", type) == 0;
    Py_XDECREF(type);
    if (made)
        return module;
    Py_XDECREF(module);
    return nullptr;
}
#endif
