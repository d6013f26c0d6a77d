int api_three(void);
int api_six(void) { return 2 * api_three(); }
