// Memory that a thread keeps between calls, aligned for vectors; freed when the thread ends.
#pragma once

#include <cstddef>
#include <cstdlib>

namespace striate {

class Scratch {
  public:
    Scratch() = default;
    Scratch(const Scratch &) = delete;
    Scratch &operator=(const Scratch &) = delete;
    ~Scratch() { std::free(place_); }

    // At least `count` floats, of any content; null if there is no memory.
    float *floats(size_t count) {
        if (count > size_) {
            std::free(place_);
            size_ = 0;
            const size_t bytes = (count * sizeof(float) + 4095) / 4096 * 4096;
            place_ = static_cast<float *>(std::aligned_alloc(4096, bytes));
            if (place_ == nullptr)
                return nullptr;
            size_ = count;
        }
        return place_;
    }

  private:
    float *place_ = nullptr;
    size_t size_ = 0;
};

} // namespace striate
