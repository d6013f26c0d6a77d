int calc_add(int, int);
int api_three(void) { return calc_add(1, 2); }
