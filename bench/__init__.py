"""What is measured, against what floor. Each script prints its floor, ours and the ratio; `make bench` runs all."""
